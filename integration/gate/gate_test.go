package gate

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// good returns facts of everything that can be asked, of an update without a fault.
func good() *Facts {
	file := func(path, revision string) File {
		return File{
			Path: path, Size: 1000, BuildIDs: []string{path + "-id"}, Program: true,
			Symbols: Known(Consistency{Functions: 100}), Cgo: Known(true),
			Build: Build{
				Go: "go1.26.1", Path: "example.com/svc", Main: "example.com/svc", MainVersion: "(devel)",
				Settings: map[string]string{
					"GOOS": "linux", "GOARCH": "amd64", "GOAMD64": "v1", "CGO_ENABLED": "1", "CGO_CFLAGS": "-O2",
					"-buildmode": "exe", "-ldflags": "-X main.version=" + revision, "vcs.revision": revision, "vcs.modified": "false",
				},
				Modules: map[string]string{"example.com/dep": "v1.0.0"},
			},
		}
	}
	none := Known([]string{})
	health := Known(Health{Score: 97, Time: noon.Add(-time.Second), PID: 42, BuildID: "old-id", Parts: "worst is gc, 97"})
	return &Facts{
		Time: noon, Old: file("old", "aaaa"), New: file("new", "bbbb"),
		Symbols:   Known(Symbols{Functions: 100, Moved: 10, Wrong: 0.049}),
		Layouts:   []Layout{{Type: "main.state", Why: "the policy", Changes: none, Text: "24 bytes"}},
		Exports:   Known(ExportChange{Old: 1, New: 1}),
		Libraries: Known(Libraries{Found: 1}),
		Findings:  &Findings{},
		Process:   &Process{PID: 42, Runs: Known("old"), Libraries: none, Files: none, Listeners: Known([]string{"tcp:127.0.0.1:80"})},
		Pprof:     &Pprof{URL: "http://localhost/debug/pprof", Goroutines: Known(Goroutines{Total: 7}), Heap: Known(3)},
		Profiles: &Profiles{Old: Known("a: 40 stacks"), New: Known("b: 40 stacks"), Gap: Known(time.Second),
			Compared: Known(Comparison{Type: "cpu", OldSamples: 40, NewSamples: 40, Stacks: 0.6, Shift: 0.1, Largest: "main.f"})},
		Health: &health,
	}
}

// after returns facts of an update that has happened.
func after(f *Facts) {
	f.After = true
	f.Process.Runs = Known("new")
	before := Known([]string{"tcp:127.0.0.1:80"})
	f.Process.Before = &before
	h := f.Health.Value
	h.BuildID = "new-id"
	known := Known(h)
	f.Health = &known
}

func set(side string, key, value string) func(*Facts) {
	return func(f *Facts) {
		file := &f.New
		if side == "old" {
			file = &f.Old
		}
		file.Build.Settings[key] = value
	}
}

func both(list ...func(*Facts)) func(*Facts) {
	return func(f *Facts) {
		for _, g := range list {
			g(f)
		}
	}
}

func health(change func(*Health)) func(*Facts) {
	return func(f *Facts) {
		h := f.Health.Value
		change(&h)
		known := Known(h)
		f.Health = &known
	}
}

func goroutines(change func(*Goroutines)) func(*Facts) {
	return func(f *Facts) { change(&f.Pprof.Goroutines.Value) }
}

func compared(change func(*Comparison)) func(*Facts) {
	return func(f *Facts) { change(&f.Profiles.Compared.Value) }
}

// A decisionTest changes the facts of a good update. deny lists the rows that deny,
// as "fail check" and "unknown check", in their order; reason is part of the first.
// pass is a row that passes, as "check: part of its reason".
type decisionTest struct {
	name   string
	change func(*Facts)
	policy string
	deny   []string
	reason string
	pass   string
}

func unchanged(*Facts) {}

// trimpath hides the flags of both, which are linked alike.
func trimpath(f *Facts) {
	for _, file := range []*File{&f.Old, &f.New} {
		file.Build.Settings["-trimpath"] = "true"
		file.Linked, file.StandardC = Known(map[string]string{"loader": "ld.so"}), true
	}
}

var decisions = []decisionTest{
	{name: "good", change: unchanged},
	{name: "good after", change: after},
	{name: "only binaries", change: func(f *Facts) {
		f.Findings, f.Process, f.Pprof, f.Profiles, f.Health, f.Layouts = nil, nil, nil, nil, nil, nil
	}},

	{name: "unreadable", change: func(f *Facts) { f.New.Problem = "damaged ELF file" }, deny: []string{"fail file/new"}, reason: "damaged"},
	{name: "unreadable old", change: func(f *Facts) { f.Old.Problem = "a directory" }, deny: []string{"fail file/old"}},
	{name: "nothing known", change: func(f *Facts) { *f = Facts{Time: noon} }, deny: []string{"unknown file/old", "unknown file/new"}},

	{name: "plugin", change: func(f *Facts) { f.New.Program = false }, deny: []string{"fail build/program"}},
	{name: "same file", change: func(f *Facts) { f.Same = true; f.New = f.Old }},
	{name: "same plugin", change: func(f *Facts) { f.Same = true; f.New.Program = false }, deny: []string{"fail build/program"}},
	{name: "another program", change: func(f *Facts) { f.New.Build.Path = "example.com/other" }, deny: []string{"fail build/path"}},
	{name: "no path", change: func(f *Facts) { f.New.Build.Path = "" }, deny: []string{"unknown build/path"}},
	{name: "newer go", change: func(f *Facts) { f.New.Build.Go = "go1.27.0" }, pass: "build/go: go1.26.1 became go1.27.0"},
	{name: "newer defaults of the run time", change: both(set("old", "DefaultGODEBUG", "a=0,b=1"), set("new", "DefaultGODEBUG", "b=1,c=0")), pass: "build/go: defaults of GODEBUG changed: a=0 went, c=0 came"},
	{name: "newer go, mirrors", change: func(f *Facts) { f.New.Build.Go = "go1.27.0"; f.Findings.Mirrors = []string{"a.go:3"} }, deny: []string{"fail build/go"}, reason: "a.go:3"},
	{name: "newer go, patch", change: func(f *Facts) { f.New.Build.Go = "go1.27.0" }, policy: "build: {go_version: patch}", deny: []string{"fail build/go"}},
	{name: "newer patch", change: func(f *Facts) { f.New.Build.Go = "go1.26.9" }, policy: "build: {go_version: patch}"},
	{name: "newer patch, same", change: func(f *Facts) { f.New.Build.Go = "go1.26.9" }, policy: "build: {go_version: same}", deny: []string{"fail build/go"}},
	{name: "no go", change: func(f *Facts) { f.Old.Build.Go = "" }, deny: []string{"unknown build/go"}},
	{name: "modified", change: set("new", "vcs.modified", "true"), deny: []string{"fail build/source"}, reason: "not committed"},
	{name: "modified, allowed", change: set("new", "vcs.modified", "true"), policy: "build: {modified: true}"},
	{name: "no revision", change: set("new", "vcs.revision", ""), deny: []string{"unknown build/source"}},
	{name: "module version", change: both(set("new", "vcs.revision", ""), func(f *Facts) { f.New.Build.MainVersion, f.New.Build.MainSum = "v2.0.0", "h1:x" }), pass: "build/source: revision aaaa became example.com/svc v2.0.0"},
	{name: "module versions", change: both(set("old", "vcs.revision", ""), set("new", "vcs.revision", ""), func(f *Facts) {
		f.Old.Build.MainVersion, f.Old.Build.MainSum = "v1.0.0", "h1:x"
		f.New.Build.MainVersion, f.New.Build.MainSum = "v1.0.1", "h1:y"
	}), pass: "build/source: example.com/svc v1.0.0 became v1.0.1"},
	{name: "modules", change: func(f *Facts) {
		f.New.Build.Modules = map[string]string{"example.com/dep": "v2.0.0", "example.com/more": "v1.0.0"}
	}},
	{name: "no main module", change: func(f *Facts) { f.New.Build.Main = "" }, deny: []string{"unknown build/modules"}},
	{name: "no settings", change: func(f *Facts) { f.New.Build.Settings = nil }, deny: []string{"unknown build/source", "unknown build/settings"}},
	{name: "system", change: set("new", "GOOS", "freebsd"), deny: []string{"fail build/goos"}},
	{name: "no system", change: set("new", "GOOS", ""), deny: []string{"unknown build/goos"}},
	{name: "architecture", change: set("new", "GOARCH", "arm64"), deny: []string{"fail build/goarch"}, reason: "amd64 became arm64"},
	{name: "level", change: set("new", "GOAMD64", "v3"), deny: []string{"fail build/level"}, reason: "v1 became v3"},
	{name: "level, allowed", change: set("new", "GOAMD64", "v3"), policy: "build: {may_change: [level]}"},
	{name: "cflags", change: set("new", "CGO_CFLAGS", "-O0"), deny: []string{"fail build/cgoflags"}},
	{name: "cflags without C", change: both(set("new", "CGO_CFLAGS", "-O0"), func(f *Facts) { f.Old.Cgo, f.New.Cgo = Known(false), Known(false) })},
	{name: "ldflags of cgo", change: set("new", "CGO_LDFLAGS", "-lz"), deny: []string{"fail build/cgoflags"}},
	{name: "cflags, allowed", change: set("new", "CGO_CFLAGS", "-O0"), policy: "build: {may_change: [cgoflags]}"},
	{name: "trimpath", change: set("new", "-trimpath", "true"), deny: []string{"unknown build/cgoflags", "unknown build/flags"}, reason: "-trimpath"},
	{name: "trimpath of old, no cgo", change: both(set("old", "-trimpath", "true"), set("old", "CGO_ENABLED", "0"), set("new", "CGO_ENABLED", "0")), deny: []string{"unknown build/flags"}, reason: "out of OLD"},
	{name: "trimpath of both", change: trimpath, pass: "build/flags: linked and loaded alike"},
	{name: "trimpath of both, own C", change: both(trimpath, func(f *Facts) { f.New.StandardC = false }), deny: []string{"unknown build/cgoflags"}, reason: "CGO_CFLAGS"},
	{name: "trimpath of both, linked otherwise", change: both(trimpath, func(f *Facts) { f.New.Linked = Known(map[string]string{"loader": ""}) }), deny: []string{"fail build/flags"}, reason: "loader ld.so became (none)"},
	{name: "trimpath of both, gcflags", change: both(trimpath, set("new", "-gcflags", "-l")), deny: []string{"fail build/flags"}, reason: "-gcflags"},
	{name: "trimpath of both, links unknown", change: both(trimpath, func(f *Facts) { f.New.Linked = Missing[map[string]string]("cut") }), deny: []string{"unknown build/flags"}, reason: "cut"},
	{name: "trimpath of both, links not looked for", change: both(trimpath, func(f *Facts) { f.Old.Linked.Value = nil }), deny: []string{"unknown build/flags"}},
	{name: "trimpath and gcflags", change: both(set("new", "-trimpath", "true"), set("new", "-gcflags", "-l"), func(f *Facts) { f.Old.Cgo, f.New.Cgo = Known(false), Known(false) }), deny: []string{"fail build/flags"}, reason: "-gcflags"},
	{name: "the same tags", change: both(set("old", "-tags", "netgo"), set("new", "-tags", "netgo")), pass: "build/tags: -tags netgo in both"},
	{name: "no experiment", change: unchanged, pass: "build/experiment: no GOEXPERIMENT, GOFIPS140, -compiler in both"},
	{name: "tags", change: set("new", "-tags", "debug"), deny: []string{"fail build/tags"}, reason: "(none) became debug"},
	{name: "race", change: set("new", "-race", "true"), deny: []string{"fail build/instrumentation"}},
	{name: "pie", change: set("new", "-buildmode", "pie"), deny: []string{"fail build/mode"}},
	{name: "experiment", change: set("new", "GOEXPERIMENT", "x"), deny: []string{"fail build/experiment"}},
	{name: "gcflags", change: set("new", "-gcflags", "-N -l"), deny: []string{"fail build/flags"}},
	{name: "linker flags", change: set("new", "-ldflags", "-linkmode=external"), deny: []string{"fail build/flags"}},
	{name: "stamped and stripped", change: set("new", "-ldflags", `-s -w -X 'main.version=v 2' -X=main.a=b`)},
	{name: "build ids of a packager", change: both(set("old", "-ldflags", "-B 0x1234 -compressdwarf=false"), set("new", "-ldflags", "-B 0x5678 -buildid=x/y -v"))},
	{name: "folder of the build", change: both(set("old", "-gcflags", "all=-trimpath=/build/1 -l"), set("new", "-gcflags", "all=-trimpath=/build/2 -l"), set("new", "-asmflags", ""))},
	{name: "folder of the build and more", change: both(set("old", "-asmflags", "-trimpath=/build/1"), set("new", "-asmflags", "-trimpath=/build/2 -dynlink")), deny: []string{"fail build/flags"}, reason: "-dynlink"},

	{name: "tables disagree", change: func(f *Facts) {
		f.New.Symbols = Known(Consistency{Functions: 9, Problems: 1, Example: "0x10"})
	}, deny: []string{"fail symbols/new"}, reason: "0x10"},
	{name: "tables of old disagree", change: func(f *Facts) { f.Old.Symbols = Known(Consistency{Problems: 2}) }, deny: []string{"fail symbols/old"}},
	{name: "tables unknown", change: func(f *Facts) { f.Old.Symbols = Missing[Consistency]("cut") }, deny: []string{"unknown symbols/old"}},
	{name: "stripped", change: func(f *Facts) { f.New.Symbols = Known(Consistency{Functions: 9, Stripped: true}) }},
	{name: "moves unknown", change: func(f *Facts) { f.Symbols = Missing[Symbols]("other machine") }, deny: []string{"unknown symbols/moves"}},
	{name: "addresses leave", change: func(f *Facts) { f.Findings.Addresses = []string{"b.go:7"} }, deny: []string{"fail symbols/moves"}, reason: "b.go:7"},
	{name: "addresses leave, nothing moved", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols = []string{"b.go:7"}, Known(Symbols{Functions: 100})
	}},
	{name: "addresses leave, PIE", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols, f.New.PIE = []string{"b.go:7"}, Known(Symbols{Functions: 100}), true
	}, deny: []string{"fail symbols/moves"}, reason: "position-independent"},
	{name: "too many moves", change: unchanged, policy: "symbols: {max_wrong: 0.01}", deny: []string{"fail symbols/moves"}, reason: "4.9 %"},

	{name: "layout", change: func(f *Facts) { f.Layouts[0].Changes = Known([]string{"field Seq moved from offset 8 to 16"}) }, deny: []string{"fail layout/main.state"}, reason: "Seq moved"},
	{name: "no DWARF", change: func(f *Facts) { f.Layouts[0].Changes = Missing[[]string]("no DWARF: built with -ldflags=-w") }, deny: []string{"unknown layout/main.state"}, reason: "-ldflags=-w"},
	{name: "no type", change: func(f *Facts) {
		f.Layouts = append(f.Layouts, Layout{Why: "a.go:3", Changes: Missing[[]string]("no source")})
	}, deny: []string{"unknown layout/a.go:3"}, reason: "no source"},

	{name: "cgo off", change: func(f *Facts) { f.New.Cgo = Known(false) }, deny: []string{"fail cgo/enabled"}, reason: "on became off: build both with the same CGO_ENABLED"},
	{name: "cgo off, allowed", change: func(f *Facts) { f.New.Cgo = Known(false) }, policy: "build: {may_change: [cgo]}"},
	{name: "cgo unknown", change: func(f *Facts) { f.Old.Cgo = Missing[bool]("x") }, deny: []string{"unknown cgo/enabled"}},
	{name: "cgo of new unknown", change: func(f *Facts) { f.New.Cgo = Missing[bool]("x") }, deny: []string{"unknown cgo/enabled"}},
	{name: "export removed", change: func(f *Facts) { f.Exports.Value.Removed = []string{"goNote"} }, deny: []string{"fail cgo/exports"}, reason: "goNote"},
	{name: "export of a dependency removed", change: func(f *Facts) {
		f.Exports.Value.Replaced, f.Exports.Value.Added = []string{"depLog went with its dependency: example.com/dep v1.0.0 was dropped"}, []string{"depLog2"}
	}, pass: "cgo/exports: 1 callback; depLog went with its dependency: example.com/dep v1.0.0 was dropped"},
	{name: "export removed beside that of a dependency", change: func(f *Facts) {
		f.Exports.Value.Replaced, f.Exports.Value.Removed = []string{"depLog went"}, []string{"goNote"}
	}, deny: []string{"fail cgo/exports"}, reason: "removed: goNote"},
	{name: "export added", change: func(f *Facts) { f.Exports.Value.Added = []string{"goMore"} }},
	{name: "exports unknown", change: func(f *Facts) { f.Exports = Missing[ExportChange]("x") }, deny: []string{"unknown cgo/exports"}},
	{name: "export retyped", change: func(f *Facts) { f.Exports.Value.Retyped = []string{"goNote takes a long"} }, deny: []string{"fail cgo/signatures"}},
	{name: "export types unknown", change: func(f *Facts) { f.Exports.Value.Types.Unknown = "no DWARF" }, deny: []string{"unknown cgo/signatures"}},
	{name: "library", change: func(f *Facts) { f.Libraries.Value.Problems = []string{"libx.so.1 not found"} }, deny: []string{"fail cgo/libraries"}, reason: "libx.so.1"},
	{name: "libraries unknown", change: func(f *Facts) { f.Libraries = Missing[Libraries]("musl") }, deny: []string{"unknown cgo/libraries"}},

	{name: "process runs something else", change: func(f *Facts) { f.Process.Runs = Known("other") }, deny: []string{"fail live/process"}, reason: "does not run OLD but another file"},
	{name: "process runs NEW before", change: func(f *Facts) { f.Process.Runs = Known("new") }, deny: []string{"fail live/process"}},
	{name: "process runs OLD after", change: both(after, func(f *Facts) { f.Process.Runs = Known("old") }), deny: []string{"fail live/process"}, reason: "does not run NEW but OLD"},
	{name: "process unknown", change: func(f *Facts) { f.Process.Runs = Missing[string]("permission denied") }, deny: []string{"unknown live/process"}},
	{name: "library replaced", change: func(f *Facts) { f.Process.Libraries = Known([]string{"/lib/x.so"}) }, deny: []string{"fail live/libraries"}},
	{name: "library replaced after", change: both(after, func(f *Facts) { f.Process.Libraries = Known([]string{"/lib/x.so"}) }), deny: []string{"fail live/libraries"}},
	{name: "mappings unknown", change: func(f *Facts) { f.Process.Libraries = Missing[[]string]("x") }, deny: []string{"unknown live/libraries"}},
	{name: "file without a name", change: func(f *Facts) { f.Process.Files = Known([]string{"5: /tmp/x"}) }, deny: []string{"fail live/files"}, reason: "/tmp/x"},
	{name: "file without a name, allowed", change: func(f *Facts) { f.Process.Files = Known([]string{"5: /tmp/x"}) }, policy: "live: {max_deleted_files: 1}"},
	{name: "files unknown", change: func(f *Facts) { f.Process.Files = Missing[[]string]("x") }, deny: []string{"unknown live/files"}},
	{name: "listeners unknown", change: func(f *Facts) { f.Process.Listeners = Missing[[]string]("x") }, deny: []string{"unknown live/listeners"}},
	{name: "listener lost", change: both(after, func(f *Facts) { f.Process.Listeners = Known([]string{"tcp:127.0.0.1:81"}) }), deny: []string{"fail live/listeners"}, reason: "127.0.0.1:80"},
	{name: "listeners before unknown", change: both(after, func(f *Facts) { f.Process.Before = nil }), deny: []string{"unknown live/listeners"}, reason: "-audit"},
	{name: "listeners not recorded", change: both(after, func(f *Facts) { b := Missing[[]string]("no such line"); f.Process.Before = &b }), deny: []string{"unknown live/listeners"}, reason: "no such line"},

	{name: "pprof silent", change: func(f *Facts) { f.Pprof.Goroutines = Missing[Goroutines]("404") },
		deny: []string{"fail live/pprof", "unknown live/callbacks", "unknown live/c", "unknown live/threads", "unknown live/profile"}},
	{name: "heap silent", change: func(f *Facts) { f.Pprof.Heap = Missing[int]("500") }, deny: []string{"fail live/pprof"}},
	{name: "heap empty after", change: both(after, func(f *Facts) { f.Pprof.Heap = Known(0) }), deny: []string{"fail live/pprof"}, reason: "empty"},
	{name: "callback", change: goroutines(func(g *Goroutines) { g.Callbacks = map[string]int{"main.goNote": 2} }), deny: []string{"fail live/callbacks"}, reason: "main.goNote (2)"},
	{name: "hidden", change: goroutines(func(g *Goroutines) { g.Hidden = 1 }), deny: []string{"unknown live/callbacks"}},
	{name: "nobody inside C", change: unchanged, pass: "live/c: 0 goroutines inside C"},
	{name: "inside C", change: goroutines(func(g *Goroutines) { g.InC = 1 }), deny: []string{"fail live/c"}, reason: "1 goroutine inside C would be cut"},
	{name: "inside C, allowed", change: goroutines(func(g *Goroutines) { g.InC = 1 }), policy: "live: {max_in_c: 1}"},
	{name: "inside C after", change: both(after, goroutines(func(g *Goroutines) { g.InC, g.Locked, g.Profile = 1, 1, true }))},
	{name: "locked", change: goroutines(func(g *Goroutines) { g.Locked = 1 }), deny: []string{"fail live/threads"}, reason: "1 goroutine locked to a thread would lose"},
	{name: "profile taken", change: goroutines(func(g *Goroutines) { g.Profile = true }), deny: []string{"fail live/profile"}},
	{name: "trace taken", change: goroutines(func(g *Goroutines) { g.Trace = Known(true) }), deny: []string{"fail live/profile"}},
	{name: "both taken", change: goroutines(func(g *Goroutines) { g.Profile, g.Trace = true, Known(true) }), deny: []string{"fail live/profile"}},
	{name: "trace or recorder", change: goroutines(func(g *Goroutines) { g.Trace = Missing[bool]("x") }), deny: []string{"unknown live/profile"}},

	{name: "old profile", change: func(f *Facts) { f.Profiles.Old = Missing[string]("empty file") }, deny: []string{"fail profile/old"}},
	{name: "new profile", change: func(f *Facts) { f.Profiles.New = Missing[string]("cut short") }, deny: []string{"fail profile/new"}},
	{name: "gap", change: func(f *Facts) { f.Profiles.Gap = Known(2 * time.Minute) }, deny: []string{"fail profile/gap"}, reason: "2m0s"},
	{name: "gap unknown", change: func(f *Facts) { f.Profiles.Gap = Missing[time.Duration]("heap") }, deny: []string{"unknown profile/gap"}},
	{name: "stacks", change: compared(func(c *Comparison) { c.Stacks = 0.05 }), deny: []string{"fail profile/stacks"}},
	{name: "hot spots", change: compared(func(c *Comparison) { c.Shift = 0.9 }), deny: []string{"fail profile/hotspots"}, reason: "main.f"},
	{name: "few samples", change: compared(func(c *Comparison) { c.NewSamples = 3 }), deny: []string{"unknown profile/stacks", "unknown profile/hotspots"}},
	{name: "other kinds", change: func(f *Facts) { f.Profiles.Compared = Missing[Comparison]("heap and cpu") }, deny: []string{"unknown profile/stacks", "unknown profile/hotspots"}},

	{name: "score", change: health(func(h *Health) { h.Score = 84 }), deny: []string{"fail health/score"}, reason: "below 85"},
	{name: "score, raised", change: unchanged, policy: "health: {min_score: 98}", deny: []string{"fail health/score"}},
	{name: "no score", change: health(func(h *Health) { h.Score = 850 }), deny: []string{"unknown health/score"}},
	{name: "no health", change: func(f *Facts) { h := Missing[Health]("refused"); f.Health = &h }, deny: []string{"unknown health/score"}},
	{name: "stale", change: health(func(h *Health) { h.Time = noon.Add(-time.Hour) }), deny: []string{"fail health/fresh"}},
	{name: "of tomorrow", change: health(func(h *Health) { h.Time = noon.Add(24 * time.Hour) }), deny: []string{"fail health/fresh"}},
	{name: "no time", change: health(func(h *Health) { h.Time = time.Time{} }), deny: []string{"unknown health/fresh"}},
	{name: "of another build", change: health(func(h *Health) { h.BuildID = "new-id" }), deny: []string{"fail health/process"}},
	{name: "of another process", change: health(func(h *Health) { h.PID = 43 }), deny: []string{"fail health/process"}, reason: "43"},
	{name: "of OLD after", change: both(after, health(func(h *Health) { h.BuildID = "old-id" })), deny: []string{"fail health/process"}, reason: "not NEW"},
	{name: "of whom", change: both(func(f *Facts) { f.Process = nil }, health(func(h *Health) { h.BuildID = "" })), deny: []string{"unknown health/process"}},
	{name: "by pid", change: health(func(h *Health) { h.BuildID = "" })},

	{name: "required", change: func(f *Facts) { f.Findings, f.Process, f.Pprof, f.Profiles, f.Health = nil, nil, nil, nil, nil },
		policy: "require: [findings, pid, pprof, profiles, health]",
		deny:   []string{"unknown required/findings", "unknown required/pid", "unknown required/pprof", "unknown required/profiles", "unknown required/health"}},
	{name: "required and given", change: unchanged, policy: "require: [findings, pid, pprof, profiles, health]"},

	{name: "allowed", change: set("new", "vcs.revision", ""), policy: "allow_unknown: [{check: build/source, reason: no stamps, expires: 2026-06-15}]"},
	{name: "expired", change: set("new", "vcs.revision", ""), policy: "allow_unknown: [{check: build/source, reason: no stamps, expires: 2026-06-14}]", deny: []string{"unknown build/source"}, reason: "until 2026-06-14"},
	{name: "allowed another", change: set("new", "vcs.revision", ""), policy: "allow_unknown: [{check: build/flags, reason: r, expires: 2027-01-01}]", deny: []string{"unknown build/source"}},
	{name: "a failure is not allowed", change: set("new", "vcs.modified", "true"), policy: "allow_unknown: [{check: build/source, reason: r, expires: 2027-01-01}]", deny: []string{"fail build/source"}},
	{name: "fail before unknown", change: both(set("new", "-trimpath", "true"), func(f *Facts) { f.New.Cgo = Known(false) }),
		deny: []string{"fail cgo/enabled", "unknown build/flags"}},
}

func TestDecide(t *testing.T) {
	denied := make(map[string]bool) // checks that some case denies
	for _, test := range decisions {
		t.Run(test.name, func(t *testing.T) {
			f := good()
			test.change(f)
			p, err := ParsePolicy([]byte("version: 1\n" + test.policy))
			if err != nil {
				t.Fatal(err)
			}
			d := Decide(f, p)
			if err := check(test, d); err != nil {
				t.Errorf("%v\n%s", err, rows(d))
			}
			for _, row := range d.Rows {
				if row.Result != finding.Pass {
					denied[row.Check] = true
				}
			}
		})
	}
	for _, row := range Decide(good(), defaults(t)).Rows {
		if !denied[row.Check] {
			t.Errorf("no case denies %s", row.Check)
		}
	}
}

func check(test decisionTest, d *finding.Decision) error {
	var deny []string
	for _, row := range d.Rows {
		if row.Reason == "" {
			return fmt.Errorf("%s has no reason", row.Check)
		}
		if row.Result == finding.Fail || row.Result == finding.Unknown && !strings.Contains(row.Reason, "; allowed until ") {
			deny = append(deny, row.Result+" "+row.Check)
		}
	}
	want := finding.Allow
	if len(test.deny) > 0 {
		want = finding.Deny
	}
	switch {
	case d.Result != want:
		return fmt.Errorf("decision %s, want %s", d.Result, want)
	case !slices.Equal(deny, test.deny):
		return fmt.Errorf("denied by %q, want %q", deny, test.deny)
	case len(deny) > 0 && !strings.Contains(d.Rows[0].Reason, test.reason):
		return fmt.Errorf("reason %q, want %q", d.Rows[0].Reason, test.reason)
	case len(test.deny) == 0 && test.reason != "":
		return fmt.Errorf("reason %q is of no row that denies", test.reason)
	}
	name, reason, ok := strings.Cut(test.pass, ": ")
	if ok && !slices.ContainsFunc(d.Rows, func(r finding.Row) bool {
		return r.Result == finding.Pass && r.Check == name && strings.Contains(r.Reason, reason)
	}) {
		return fmt.Errorf("no row passes as %q", test.pass)
	}
	return nil
}

func rows(d *finding.Decision) string {
	var b strings.Builder
	for _, row := range d.Rows {
		fmt.Fprintf(&b, "%s %s: %s\n", row.Result, row.Check, row.Reason)
	}
	return b.String()
}

func defaults(t *testing.T) *Policy {
	t.Helper()
	p, err := ParsePolicy(DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPure holds that the core cannot do any I/O.
func TestPure(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source", err)
	}
	imports := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[path] = true
		}
	}
	want := []string{"cmp", "embed", "errors", "fmt", "github.com/goccy/go-yaml", "github.com/hotvet/hotvet/integration/finding", "io", "maps", "regexp", "slices", "strings", "time"}
	if got := slices.Sorted(maps.Keys(imports)); !slices.Equal(got, want) {
		t.Errorf("the core imports %q, want %q", got, want)
	}
}

func TestLinkFlags(t *testing.T) {
	for text, want := range map[string]string{
		``:                               ``,
		`-s -w`:                          ``,
		`-X main.a=1 -linkmode external`: `-linkmode external`,
		`-X 'main.a=b c' "-X=main.d=e f" --X a=b`: ``,
		`-extldflags '-static -lz'`:               `-extldflags -static -lz`,
		`'unfinished`:                             `'unfinished`,
		`-X`:                                      ``,
	} {
		if got := linkFlags(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
