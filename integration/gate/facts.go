package gate

import "time"

// A Fact is something that was looked for. Unknown says why it was not found, and
// is empty when it was.
type Fact[T any] struct {
	Value   T
	Unknown string
}

// Known returns a fact that was found.
func Known[T any](v T) Fact[T] { return Fact[T]{Value: v} }

// Missing returns a fact that was not found, and why.
func Missing[T any](why string) Fact[T] { return Fact[T]{Unknown: why} }

// Facts are all that [Decide] knows. A nil pointer is an input that nobody asked for.
type Facts struct {
	Time  time.Time // of the decision
	After bool      // the update has happened; NEW runs

	Old, New  File
	Same      bool // the files are one, byte for byte
	Host      Fact[Host]
	Symbols   Fact[Symbols]
	Layouts   []Layout
	Exports   Fact[ExportChange]
	Libraries Fact[Libraries]
	Findings  *Findings
	Process   *Process
	Pprof     *Pprof
	Profiles  *Profiles
	Health    *Fact[Health]
}

// A File is one of the two binaries.
type File struct {
	Path     string
	Size     int64    // bytes; 0 when nothing is known
	BuildIDs []string // Go's and the GNU build id, as far as the file has them
	Problem  string   // why it cannot be judged; empty when it can
	PIE      bool     // the loader chooses where it lies
	Program  bool     // the kernel can execute it
	// Executable says that somebody has the permission to execute it.
	Executable bool
	// Privileges are what the file gives to a process that executes it: setuid, setgid
	// and capabilities.
	Privileges Fact[[]string]
	SHA256     string // empty when nobody asked for it
	Build      Build
	// Symbols says where the Go line table and the ELF symbols of the file disagree.
	Symbols Fact[Consistency]
	// Cgo tells from the code whether runtime/cgo is linked in.
	Cgo Fact[bool]
	// Linked and StandardC are looked for when -trimpath kept flags out of Build: what
	// the linker was told, as far as the file shows it, and whether all of its C is that
	// of the standard library.
	Linked    Fact[map[string]string]
	StandardC bool
}

// Host is what this machine says of NEW.
type Host struct {
	Text    string // what NEW runs on
	Problem string // why NEW would end at its start; empty when it would not
}

// Build is what the go command recorded in a binary (debug/buildinfo).
type Build struct {
	Go          string // version of the toolchain
	Path        string // of the main package
	Main        string // path of the main module
	MainVersion string // (devel) outside of a repository
	MainSum     string
	Settings    map[string]string // empty when another build system linked the binary
	Modules     map[string]string // version, with replacement, by path
}

// A Consistency is what the two symbol tables of one binary say of each other.
type Consistency struct {
	Stripped  bool
	Functions int
	Problems  int
	Example   string // the first problem
}

// Symbols are the moves between the binaries.
type Symbols struct {
	Functions int     // of OLD
	Moved     int     // elsewhere in NEW
	Removed   int     // not in NEW
	Added     int     // only in NEW
	Wrong     float64 // share of OLD's code addresses, 0 to 1, that do not name their function in NEW
}

// A Layout compares one type that is laid over bytes of another process or build.
type Layout struct {
	Type    string // full name; empty when it could not be told from the source
	Why     string // who names the type: a finding, the policy
	Changes Fact[[]string]
	Text    string // the layout, when both have the same
}

// Findings are what the analyzers said of the source.
type Findings struct {
	Count     int
	Gaps      []string // why there may be findings that the stream does not have
	Foreign   string   // why they are of another program, or of other versions; empty when they are not
	Addresses []string // addrpersist: where addresses leave the process
	Mirrors   []string // structcast/mirror: where private layouts of Go's run time are copied
}

// An ExportChange compares the functions that C may call.
type ExportChange struct {
	Old, New       int
	Added, Removed []string
	Retyped        []string     // how each changed
	Replaced       []string     // removed or retyped by a new version of the dependency that has them
	Types          Fact[string] // unknown when the types could not be compared
}

// Libraries are what the loader of this host does with NEW.
type Libraries struct {
	Static   bool
	Found    int
	Problems []string // each would end NEW in ld.so
}

// A Process is the running service as the kernel sees it.
type Process struct {
	PID       int
	Runs      Fact[string]    // "old", "new", "both" (the same file) or "other"
	Libraries Fact[[]string]  // mapped files whose name is gone or leads to another file
	Files     Fact[[]string]  // open for writing, without a name, and closed by exec
	Listeners Fact[[]string]  // addresses that it listens on
	Before    *Fact[[]string] // what it listened on before the update; nil without a log
}

// Pprof is what the handlers of net/http/pprof say.
type Pprof struct {
	URL        string
	Goroutines Fact[Goroutines]
	Heap       Fact[int] // different stacks
}

// Goroutines are what a process does at the border to C, and for whom.
type Goroutines struct {
	Total     int
	InC       int
	Locked    int            // to a thread, outside of C and of callbacks
	Callbacks map[string]int // in flight, by the Go function that C called
	Hidden    int
	Profile   bool // a CPU profile is being taken
	// Trace says whether an execution trace is being taken. A flight recorder, which
	// loses nothing, looks the same since Go 1.25: then it is unknown.
	Trace Fact[bool]
}

// Profiles are the last of OLD and the first of NEW.
type Profiles struct {
	Old, New Fact[string] // what each says of itself
	Compared Fact[Comparison]
	Gap      Fact[time.Duration]
}

// A Comparison is that of two profiles of one kind.
type Comparison struct {
	Type       string
	OldSamples int
	NewSamples int
	Stacks     float64 // similarity of the sets of stacks (Jaccard), of what is to be expected of two samples of the same, 0 to 1
	Shift      float64 // of the functions' flat shares, beyond what is to be expected, 0 to 1
	Largest    string  // function whose share changed most, with both shares
}

// Health is what the health URL answered.
type Health struct {
	Score   float64
	Time    time.Time
	PID     int
	BuildID string
	Parts   string // the worst of them, for the reason
}
