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
			Path: path, Size: 1000, BuildIDs: []string{path + "-id"}, Program: true, Executable: true,
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
		Host:      Known(Host{Text: "amd64, as this host"}),
		Symbols:   Known(Symbols{Functions: 100, Moved: 10, Wrong: 0.049}),
		Layouts:   []Layout{{Type: "main.state", Why: "the policy", Changes: none, Text: "24 bytes"}},
		Exports:   Known(ExportChange{Old: 1, New: 1}),
		Libraries: Known(Libraries{Found: 1}),
		Findings:  &Findings{Count: 2},
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
	pass   string // part of "check: reason" of a row that passes
}

func unchanged(*Facts) {}

// trimpath hides the flags of both, which are linked alike.
func trimpath(f *Facts) {
	for _, file := range []*File{&f.Old, &f.New} {
		file.Build.Settings["-trimpath"] = "true"
		file.Linked, file.StandardC = Known(map[string]string{"loader": "ld.so"}), true
	}
}

func TestDecide(t *testing.T) {
	denied := make(map[string]bool) // checks that some case denies
	for _, test := range slices.Concat(binaryCases, serviceCases) {
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
				if !isCheck(row.Check) && row.Check != "build" && row.Check != "layout" {
					t.Errorf("a policy could not name %s", row.Check)
				}
			}
		})
	}
	all := slices.Clone(names)
	for _, input := range inputs {
		all = append(all, requiredPrefix+input)
	}
	for _, name := range all {
		if !denied[name] {
			t.Errorf("no case denies %s", name)
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

// TestLevels holds that no architecture's level changes unseen.
func TestLevels(t *testing.T) {
	for goarch, key := range levels {
		f := good()
		both(set("old", "GOARCH", goarch), set("new", "GOARCH", goarch), set("new", key, "other"))(f)
		test := decisionTest{deny: []string{"fail build/level"}, reason: key}
		if err := check(test, Decide(f, defaults(t))); err != nil {
			t.Errorf("%s: %v", goarch, err)
		}
	}
	want := "386 amd64 arm arm64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 wasm" // go help environment
	if got := strings.Join(slices.Sorted(maps.Keys(levels)), " "); got != want {
		t.Errorf("levels of %s, want %s", got, want)
	}
}

// TestNothing holds that a decision without a row denies.
func TestNothing(t *testing.T) {
	c := &checks{Facts: good(), policy: defaults(t)}
	if d := c.conclude(); d.Result != finding.Deny || d.Rows == nil {
		t.Errorf("decision %+v", d)
	}
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
