package confirm

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/sanitize"
)

// An Observation is what was seen of one run of one build. Judges read it and
// nothing else.
type Observation struct {
	Trial Trial
	Dirs  []string // folders that files of findings are below: the same one by two names when links lead to it
	PID   int      // of the process that was started

	// Images are all that said hello, those of children too, in that order.
	Images []*Image

	Exit   string // how the process that was started ended, empty when it still ran at the end
	Signal string // name of the signal that ended it, empty when it exited
	Code   int    // its exit code, -1 when a signal ended it
	Forced bool   // hotvet killed it, because it did not end in time
	Output string // the end of what it wrote to standard output and standard error

	Reloads               int           // how often the program was told to reload
	Restarted             bool          // it was told to replace itself
	Installed             bool          // a new build took the place of its binary
	Began                 bool          // it came as far as serving, or to its end without an error of hotvet's
	Took                  time.Duration // from the start of the program to the end of the run
	Peak                  int64         // bytes, largest resident set of the process
	CPU                   time.Duration // user and system time of the process and the children it waited for
	Before, During, After Load          // requests before, while and after it was changed
	Profiles              []ProfileRequest
	Handover              *Handover // nil without a restart
	Sent                  string    // the signal that it was sent last, before it was asked to end
	Hang                  *Hang     // it did not reach its main, and waited for itself; nil when that was not seen
}

// An Image is one program in a process, from exec to exec.
type Image struct {
	PID    int
	Number int // counts from 0 in each process

	Handed Timer // state of ITIMER_PROF as the image found it before its main
	Last   Timer // the same when it was last asked, before it was told to end
	Main   bool  // its main function was reached
	End    End

	// Counters are those of the probe, by site.
	Counters [][]uint64
	Files    []File // what it had open for writing, and what became of that
	Writers  map[int]string
	Rates    map[int][2]Timer // by site: the timer before and after the profiling rate was set
	Earlier  [][]uint64       // the counters when it was told to reload for the first time, nil when it was not
	// Addresses are those of the variables of findings, by site.
	Addresses map[int][]Range
	Races     []sanitize.Race // reports of the race detector
	ASan      []sanitize.ASan // reports of the address sanitizer
	Casts     map[int][]Cast  // by site
	Uses      []Use
	Spans     map[int][]Span        // by site
	Updated   bool                  // it is of the new build
	Panics    map[int][]raisedPanic // by site: those that left a function that C enters
	Inside    map[int][]string      // by site: goroutines that were in such a function right before the restart
}

// An End is how an image ended.
type End string

const (
	Runs     End = ""         // it had not ended when hotvet ended it
	Replaced End = "replaced" // by exec
	Exited   End = "exited"   // on its own, by exit or a signal
	Asked    End = "asked"    // by the signal that asks it to end
	Killed   End = "killed"   // by hotvet
)

// Count returns a counter of a site; slot is one of the probe's.
func (m *Image) Count(site, slot int) uint64 {
	if site < 0 || site >= len(m.Counters) {
		return 0
	}
	return m.Counters[site][slot]
}

// Since returns how much a counter grew since the image was told to reload for
// the first time, and all of it when the image was not told.
func (m *Image) Since(site, slot int) uint64 {
	n := m.Count(site, slot)
	if site >= 0 && site < len(m.Earlier) {
		n -= min(n, m.Earlier[site][slot])
	}
	return n
}

// next returns the image that replaced m by exec, nil when none did.
func (o *Observation) next(m *Image) *Image {
	for _, n := range o.Images {
		if n.PID == m.PID && n.Number == m.Number+1 {
			return n
		}
	}
	return nil
}

// killedBefore reports whether a signal killed the successor of m before it could
// say hello, and which.
func (o *Observation) killedBefore(m *Image) string {
	if m.PID == o.PID && m.End == Replaced && o.next(m) == nil {
		return o.Signal
	}
	return ""
}

// crashLine returns the first line of an output with which the run-time system
// begins to tell of a crash (dieFromSignal and printpanics in package runtime), empty
// when there is none.
func crashLine(output string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		name, rest, _ := strings.Cut(line, ": ")
		signal := strings.HasPrefix(name, "SIG") && strings.ToUpper(name) == name && rest != ""
		if name == "panic" || name == "fatal error" || signal {
			return line
		}
	}
	return ""
}

// sigProf is the name of the signal of the profiling timer.
const sigProf = "SIGPROF"

// saysNothing tells of a run that ended by chance in a way from which nothing
// follows, so that it is made again; it is empty for another. A timer that outlives
// the exec may kill the new image before that can say anything of itself, where
// another run shows the timer alive. A signal handler of C that calls Go makes the
// run-time system say why it ends, unless the signal came to a thread that had no
// goroutine; and a program that hotvet did not send the signal may die so of
// something else.
func (o *Observation) saysNothing() string {
	last := len(o.Images) - 1
	switch {
	case o.Signal == sigProf:
		return "SIGPROF killed the new image"
	case o.Signal == "SIGSEGV" && o.Sent == "" && last >= 0 && o.Images[last].End == Exited && len(sanitize.ParseFatal(o.Output)) == 0:
		return "SIGSEGV killed the program, and the run-time system said nothing"
	}
	return ""
}

// A Timer is the state of ITIMER_PROF, which execve(2) does not disarm.
type Timer struct {
	Interval int64 `json:"interval_us"`
	Left     int64 `json:"left_us"` // until it fires
}

// Armed reports whether the timer runs.
func (t Timer) Armed() bool { return t.Interval > 0 || t.Left > 0 }

// A File is a regular file that an image had open for writing.
type File struct {
	Path   string `json:"path"` // relative to the run's folder where it is below it
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after"`

	Profile *ProfileFile `json:"profile,omitempty"` // what it holds after the image's end
	Trace   *TraceFile   `json:"trace,omitempty"`
}

// A ProfileFile is a file that begins like a profile.
type ProfileFile struct {
	Samples int    `json:"samples"`
	CPU     bool   `json:"cpu"`             // samples of CPU time
	Problem string `json:"error,omitempty"` // why it cannot be read, empty when it can
}

// A TraceFile is a file that begins like an execution trace.
type TraceFile struct {
	Events  int    `json:"events"`
	Mark    int    `json:"last_mark"` // the highest of the probe's marks in it
	Problem string `json:"error,omitempty"`
}

// Load counts requests.
type Load struct {
	Sent     int
	Answered int // with any status
}

func (l Load) String() string { return fmt.Sprintf("%d of %d requests answered", l.Answered, l.Sent) }

func (l Load) plus(m Load) Load { return Load{l.Sent + m.Sent, l.Answered + m.Answered} }

// A ProfileRequest is one for a CPU profile that was on its way when the program
// was told to replace itself.
type ProfileRequest struct {
	Address string
	Status  int    // of HTTP, 0 when no answer came
	Problem string // why there is no whole profile, empty when there is one
}

// A Range is a piece of memory.
type Range struct{ Start, Size uint64 }

// Contains reports whether address lies in r.
func (r Range) Contains(address uint64) bool { return address >= r.Start && address-r.Start < r.Size }
