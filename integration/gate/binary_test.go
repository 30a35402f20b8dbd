package gate

import (
	"fmt"
	"math"
	"testing"
)

// binaryCases are of what two binaries and the findings of the source say.
var binaryCases = []decisionTest{
	{name: "good", change: unchanged},
	{name: "good after", change: after},
	{name: "only binaries", change: func(f *Facts) {
		f.Findings, f.Process, f.Pprof, f.Profiles, f.Health, f.Layouts = nil, nil, nil, nil, nil, nil
	}},

	{name: "unreadable", change: func(f *Facts) { f.New.Problem = "damaged ELF file" }, deny: []string{"fail file/new"}, reason: "damaged"},
	{name: "unreadable old", change: func(f *Facts) { f.Old.Problem = "a directory" }, deny: []string{"fail file/old"}},
	{name: "nothing known", change: func(f *Facts) { *f = Facts{Time: noon} }, deny: []string{"unknown file/old", "unknown file/new"}},

	{name: "plugin", change: func(f *Facts) { f.New.Program = false }, deny: []string{"fail build/program"}},
	{name: "no permission", change: func(f *Facts) { f.New.Executable = false }, deny: []string{"fail build/program"}, reason: "chmod +x"},
	{name: "no permission, old", change: func(f *Facts) { f.Old.Executable = false }},
	{name: "other machine", change: func(f *Facts) { f.Host = Missing[Host]("NEW is for arm64") }, deny: []string{"unknown build/host"}, reason: "arm64"},
	{name: "other processor", change: func(f *Facts) { f.Host = Known(Host{Problem: "no AVX2"}) }, deny: []string{"fail build/host"}, reason: "no AVX2"},
	{name: "same file, other processor", change: func(f *Facts) { f.Same = true; f.Host = Known(Host{Problem: "no AVX2"}) }, deny: []string{"fail build/host"}},
	{name: "capability lost", change: func(f *Facts) {
		f.Same = true
		f.Old.Privileges = Known([]string{"cap_a=p", "cap_b=ep"})
		f.New.Privileges = Known([]string{"cap_a=p"})
	},
		deny: []string{"fail file/privileges"}, reason: "OLD has cap_b=ep and NEW"},
	{name: "capability lost, allowed", change: func(f *Facts) { f.Old.Privileges = Known([]string{"setuid 0"}) }, policy: "build: {may_change: [privileges]}"},
	{name: "capability gained", change: func(f *Facts) { f.New.Privileges = Known([]string{"cap_a=p"}) }},
	{name: "capabilities kept", change: func(f *Facts) { f.Old.Privileges = Known([]string{"cap_a=p"}); f.New.Privileges = f.Old.Privileges }},
	{name: "capabilities of old unknown", change: func(f *Facts) { f.Old.Privileges = Missing[[]string]("x") }, deny: []string{"unknown file/privileges"}, reason: "OLD: x"},
	{name: "capabilities of new unknown", change: func(f *Facts) { f.New.Privileges = Missing[[]string]("x") }, deny: []string{"unknown file/privileges"}, reason: "NEW: x"},
	{name: "findings cut", change: func(f *Facts) { f.Findings.Gaps = []string{"no summary"} }, deny: []string{"unknown findings/complete"}, reason: "no summary"},
	{name: "findings of another program", change: func(f *Facts) { f.Findings.Foreign = "example.com/b" }, deny: []string{"unknown findings/program"}, reason: "example.com/b"},
	{name: "no findings", change: func(f *Facts) { f.Findings.Count = 0 }},
	{name: "same file", change: func(f *Facts) { f.Same = true; f.New = f.Old }},
	{name: "same file, callbacks without types", change: func(f *Facts) { f.Same = true; f.Exports.Value.Types.Unknown = "no DWARF" }},
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
		f.Old.Build.Modules = map[string]string{"example.com/dep": "v1.0.0", "example.com/gone": "v1.0.0", "example.com/same": "v1.0.0"}
		f.New.Build.Modules = map[string]string{"example.com/dep": "v2.0.0", "example.com/more": "v1.0.0", "example.com/same": "v1.0.0"}
	}, pass: "build/modules: 3 of 3 modules changed: example.com/dep v1.0.0 became v2.0.0, example.com/gone was dropped, example.com/more v1.0.0 is new"},
	{name: "many modules", change: func(f *Facts) {
		f.New.Build.Modules = make(map[string]string)
		for i := range 8 {
			f.New.Build.Modules[fmt.Sprintf("example.com/%d", i)] = "v1.0.0"
		}
	}, pass: "build/modules: and 4 more"},
	{name: "no main module", change: func(f *Facts) { f.New.Build.Main = "" }, deny: []string{"unknown build/modules"}},
	{name: "no settings", change: func(f *Facts) { f.New.Build.Settings = nil }, deny: []string{"unknown build/source", "unknown build/settings"}},
	{name: "system", change: set("new", "GOOS", "freebsd"), deny: []string{"fail build/goos"}},
	{name: "no system", change: set("new", "GOOS", ""), deny: []string{"unknown build/goos"}},
	{name: "no system of old", change: set("old", "GOOS", ""), deny: []string{"unknown build/goos"}},
	{name: "no settings of old", change: func(f *Facts) { f.Old.Build.Settings = nil }, deny: []string{"unknown build/settings"}, reason: "old records no settings"},
	{name: "architecture", change: set("new", "GOARCH", "arm64"), deny: []string{"fail build/goarch"}, reason: "amd64 became arm64"},
	{name: "level", change: set("new", "GOAMD64", "v3"), deny: []string{"fail build/level"}, reason: "v1 became v3"},
	{name: "level, allowed", change: set("new", "GOAMD64", "v3"), policy: "build: {may_change: [level]}"},
	{name: "preprocessor flags", change: set("new", "CGO_CPPFLAGS", "-DX"), deny: []string{"fail build/cgoflags"}, reason: "CGO_CPPFLAGS (none) became -DX"},
	{name: "flags for C++", change: set("new", "CGO_CXXFLAGS", "-O0"), deny: []string{"fail build/cgoflags"}, reason: "CGO_CXXFLAGS"},
	{name: "flags for Fortran", change: set("new", "CGO_FFLAGS", "-O0"), deny: []string{"fail build/cgoflags"}, reason: "CGO_FFLAGS"},
	{name: "cflags", change: set("new", "CGO_CFLAGS", "-O0"), deny: []string{"fail build/cgoflags"}},
	{name: "cflags without C", change: both(set("new", "CGO_CFLAGS", "-O0"), func(f *Facts) { f.Old.Cgo, f.New.Cgo = Known(false), Known(false) })},
	{name: "ldflags of cgo", change: set("new", "CGO_LDFLAGS", "-lz"), deny: []string{"fail build/cgoflags"}},
	{name: "cflags, allowed", change: set("new", "CGO_CFLAGS", "-O0"), policy: "build: {may_change: [cgoflags]}"},
	{name: "trimpath", change: set("new", "-trimpath", "true"), deny: []string{"unknown build/cgoflags", "unknown build/flags"}, reason: "-trimpath"},
	{name: "trimpath of old, no cgo", change: both(set("old", "-trimpath", "true"), set("old", "CGO_ENABLED", "0"), set("new", "CGO_ENABLED", "0")), deny: []string{"unknown build/flags"}, reason: "out of OLD"},
	{name: "trimpath of both", change: trimpath, pass: "build/flags: linked and loaded alike"},
	{name: "trimpath of both, own C", change: both(trimpath, func(f *Facts) { f.New.StandardC = false }), deny: []string{"unknown build/cgoflags"}, reason: "CGO_CFLAGS"},
	{name: "trimpath of both, own C of old", change: both(trimpath, func(f *Facts) { f.Old.StandardC = false }), deny: []string{"unknown build/cgoflags"}, reason: "CGO_CFLAGS"},
	{name: "trimpath of both, linked otherwise", change: both(trimpath, func(f *Facts) { f.New.Linked = Known(map[string]string{"loader": ""}) }), deny: []string{"fail build/flags"}, reason: "loader ld.so became (none)"},
	{name: "trimpath of both, gcflags", change: both(trimpath, set("new", "-gcflags", "-l")), deny: []string{"fail build/flags"}, reason: "-gcflags"},
	{name: "trimpath of both, links unknown", change: both(trimpath, func(f *Facts) { f.New.Linked = Missing[map[string]string]("cut") }), deny: []string{"unknown build/flags"}, reason: "cut"},
	{name: "trimpath of both, links not looked for", change: both(trimpath, func(f *Facts) { f.Old.Linked.Value = nil }), deny: []string{"unknown build/flags"}},
	{name: "trimpath and gcflags", change: both(set("new", "-trimpath", "true"), set("new", "-gcflags", "-l"), func(f *Facts) { f.Old.Cgo, f.New.Cgo = Known(false), Known(false) }), deny: []string{"fail build/flags"}, reason: "-gcflags"},
	{name: "the same tags", change: both(set("old", "-tags", "netgo"), set("new", "-tags", "netgo")), pass: "build/tags: -tags netgo in both"},
	{name: "no experiment", change: unchanged, pass: "build/experiment: no GOEXPERIMENT, GOFIPS140, -compiler in both"},
	{name: "tags", change: set("new", "-tags", "debug"), deny: []string{"fail build/tags"}, reason: "(none) became debug"},
	{name: "race", change: set("new", "-race", "true"), deny: []string{"fail build/instrumentation"}},
	{name: "msan", change: set("new", "-msan", "true"), deny: []string{"fail build/instrumentation"}, reason: "-msan"},
	{name: "asan", change: set("new", "-asan", "true"), deny: []string{"fail build/instrumentation"}, reason: "-asan"},
	{name: "cover", change: set("old", "-cover", "true"), deny: []string{"fail build/instrumentation"}, reason: "-cover true became (none)"},
	{name: "fips", change: set("new", "GOFIPS140", "v1.0.0"), deny: []string{"fail build/experiment"}, reason: "GOFIPS140"},
	{name: "compiler", change: set("new", "-compiler", "gccgo"), deny: []string{"fail build/experiment"}, reason: "-compiler"},
	{name: "asmflags", change: set("new", "-asmflags", "-dynlink"), deny: []string{"fail build/flags"}, reason: "-asmflags"},
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
	{name: "addresses leave, functions went", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols = []string{"b.go:7"}, Known(Symbols{Functions: 100, Removed: 1})
	}, deny: []string{"fail symbols/moves"}, reason: "1 of 100 functions moved or went"},
	{name: "addresses leave, none names its function", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols = []string{"b.go:7"}, Known(Symbols{Functions: 100, Wrong: 0.5})
	}, deny: []string{"fail symbols/moves"}, reason: "50.0 %"},
	{name: "addresses leave, OLD is PIE", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols, f.Old.PIE = []string{"b.go:7"}, Known(Symbols{Functions: 100}), true
	}, deny: []string{"fail symbols/moves"}, reason: "position-independent"},
	{name: "share unknown", change: func(f *Facts) { f.Symbols = Known(Symbols{Wrong: math.NaN()}) }, deny: []string{"fail symbols/moves"}},
	{name: "moves at the limit", change: unchanged, policy: "symbols: {max_wrong: 0.049}"},
	{name: "addresses leave, nothing moved", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols = []string{"b.go:7"}, Known(Symbols{Functions: 100})
	}},
	{name: "addresses leave, PIE", change: func(f *Facts) {
		f.Findings.Addresses, f.Symbols, f.New.PIE = []string{"b.go:7"}, Known(Symbols{Functions: 100}), true
	}, deny: []string{"fail symbols/moves"}, reason: "position-independent"},
	{name: "too many moves", change: unchanged, policy: "symbols: {max_wrong: 0.01}", deny: []string{"fail symbols/moves"}, reason: "4.9 %"},

	{name: "layout", change: func(f *Facts) { f.Layouts[0].Changes = Known([]string{"field Seq moved from offset 8 to 16"}) }, deny: []string{"fail layout/main.state"}, reason: "Seq moved"},
	{name: "no DWARF", change: func(f *Facts) { f.Layouts[0].Changes = Missing[[]string]("no DWARF: built with -ldflags=-w") }, deny: []string{"unknown layout/main.state"}, reason: "-ldflags=-w"},
	{name: "no type of the same file", change: func(f *Facts) {
		f.Same = true
		f.Layouts = []Layout{{Type: "main.state", Changes: Missing[[]string]("no DWARF")}, {Why: "a.go:3", Changes: Missing[[]string]("no source")}}
	}, deny: []string{"unknown layout/a.go:3"}},
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
