//go:build linux && cgo

package cgostate_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/cgostate"
)

var (
	taken    = []string{"go main.takeStack", "go main.cgotestCallback"}
	inC      = []string{"c hidden_step", "c cgotest_enter"}
	again    = []string{"go main.again", "go main.cgotestCallback"}
	entered  = "go main.enter"
	nestTwo  = slices.Concat(taken, inC, again, inC, []string{entered})
	nestFour = slices.Concat(taken, inC, again, inC, again, inC, again, inC, []string{entered})
	onThread = slices.Concat(taken, []string{"c hidden_step", "c thread_body"})
)

func TestArrangements(t *testing.T) {
	p := build(t, "-g -O2", "")
	t.Run("nested", func(t *testing.T) {
		got := p.run(t, "nest", "2")
		expectCalls(t, got.Stacks[0], nestTwo...)
		if last := calls(got.Stacks[0]); last[len(last)-1] != "go main.main" {
			t.Errorf("the outermost call is %q", last[len(last)-1])
		}
		if got.Started != 2 {
			t.Errorf("%d callbacks, want 2", got.Started)
		}
		expectCalls(t, p.run(t, "nest", "4").Stacks[0], nestFour...)
	})
	t.Run("static function by symtab, exported one by dladdr", func(t *testing.T) {
		sources := map[string]string{}
		for _, frame := range p.run(t, "nest", "1").Stacks[0].Frames {
			if frame.Lang == cgostate.C {
				sources[frame.Function] = frame.Source
			}
		}
		if sources["hidden_step"] != "symtab" || sources["cgotestCallback"] != "dladdr" {
			t.Errorf("names come from %v", sources)
		}
	})
	t.Run("threads of C", func(t *testing.T) {
		got := p.run(t, "threads", "8")
		if len(got.Stacks) != 8 || got.Started != 8 {
			t.Fatalf("%d stacks, %d callbacks, want 8", len(got.Stacks), got.Started)
		}
		for _, stack := range got.Stacks {
			expectCalls(t, stack, onThread...)
			for _, frame := range stack.Calls()[len(onThread):] {
				if frame.Lang != cgostate.C || !strings.Contains(frame.File, "libc") {
					t.Errorf("below the thread's own function: %v", frame)
				}
			}
		}
	})
	t.Run("library", func(t *testing.T) { testLibrary(t, p) })
}

func TestTracking(t *testing.T) {
	p := build(t, "-g -O2", "")
	t.Run("no border", func(t *testing.T) {
		expectCalls(t, p.run(t, "noborder").Stacks[0], "go main.takeStack")
	})
	t.Run("not tracked", func(t *testing.T) {
		stack := p.run(t, "untracked", "2").Stacks[0]
		want := slices.DeleteFunc(slices.Clone(nestTwo), func(call string) bool { return call[0] == 'c' })
		if got := calls(stack); !slices.Equal(got[:len(want)], want) || stack.Unrecorded != 2 {
			t.Errorf("%d unrecorded, calls %q", stack.Unrecorded, got)
		}
	})
	t.Run("plain backtrace sees only itself", func(t *testing.T) {
		expectPlain(t, p)
	})
	t.Run("panics across C", func(t *testing.T) {
		expectCalls(t, p.run(t, "panics", "10").Stacks[0], nestTwo...)
		// More panics than records: nothing is known any more, and that is said.
		if got := p.run(t, "panics", "1100").Stacks[0]; got.Unrecorded != 2 {
			t.Errorf("%d callbacks unrecorded, want 2", got.Unrecorded)
		}
	})
	t.Run("registering changes nothing", func(t *testing.T) {
		if got := p.run(t, "idle"); got.Error != "" || len(got.Plain) != 2 || got.Plain[0] != got.Plain[1] ||
			!strings.HasPrefix(got.Plain[0], "1 goroutine,") {
			t.Errorf("before and after Track: %q, error %q", got.Plain, got.Error)
		}
	})
	t.Run("another was first", func(t *testing.T) {
		if got := p.run(t, "taken").Error; !strings.Contains(got, "another package has registered") {
			t.Errorf("error %q", got)
		}
	})
}

// expectPlain: what backtrace(3) sees when Go calls it. The C function that calls it and
// its stub are all there can be before runtime.asmcgocall.
func expectPlain(t *testing.T, p program) {
	t.Helper()
	got := p.run(t, "plain", "2").Plain
	if len(got) > 3 || strings.Trim(strings.Join(got[:len(got)-1], ""), "c") != "" || got[len(got)-1] != "runtime.asmcgocall" {
		t.Errorf("backtrace(3) called from Go gives %q", got)
	}
}

// testLibrary: the C frames of a library that was loaded with dlopen(3).
func testLibrary(t *testing.T, p program) {
	library := filepath.Join(t.TempDir(), "plug.so")
	if output, err := exec.Command("gcc", "-O2", "-shared", "-fPIC", "-o", library, "testdata/plug.c").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, output)
	}
	got := p.run(t, "library", library)
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	want := slices.Concat(taken, inC, again, []string{"c plug_inner", "c plug_call", "c cgotest_through_library"})
	expectCalls(t, got.Stacks[0], want...)
	for _, frame := range got.Stacks[0].Calls() {
		if strings.HasPrefix(frame.Function, "plug_") && (frame.File != library || frame.Offset == 0) {
			t.Errorf("%s is in %s+%#x, want in %s", frame.Function, frame.File, frame.Offset, library)
		}
	}
	// Last, as it removes the library and the program: what is in memory still has
	// its names, what only the library's file could tell has none.
	got = p.run(t, "unlinked", library, string(p))
	want = slices.Concat([]string{"go main.takeStack", "the closure of unlink"}, taken[1:], inC, again,
		[]string{"c ", "c plug_call", "c cgotest_through_library"})
	found := calls(got.Stacks[0])
	want[1] = found[1]
	if !strings.Contains(found[1], "unlink") || !slices.Equal(found[:len(want)], want) {
		t.Errorf("of deleted files\n%v", got.Stacks[0])
	}
}

func TestInFlight(t *testing.T) {
	p := build(t, "-g -O2", "")
	for arrangement, unrecorded := range map[string]int{"parked": 0, "dark": 6} {
		t.Run(arrangement, func(t *testing.T) {
			got := p.run(t, arrangement)
			remote, err := cgostate.ParseStacks(strings.NewReader(got.Text))
			if err != nil {
				t.Fatal(err)
			}
			for name, report := range map[string]cgostate.Report{"here": got.Report, "remote": remote} {
				want := map[string]int{"main.cgotestCallback": got.InFlight}
				if counts := report.Callbacks(); got.InFlight != 6 || !maps.Equal(counts, want) {
					t.Errorf("%s: callbacks in flight %v, the program counts %d", name, counts, got.InFlight)
				}
				if report.InC() != 2 || report.Locked() != 6 {
					t.Errorf("%s: %d in C, %d locked, want 2 and 6", name, report.InC(), report.Locked())
				}
			}
			if got.Report.Unrecorded() != unrecorded || remote.Unrecorded() != 6 {
				t.Errorf("%d unrecorded here, %d remote, want %d and 6", got.Report.Unrecorded(), remote.Unrecorded(), unrecorded)
			}
			if unrecorded > 0 {
				return
			}
			nested := slices.IndexFunc(got.Report.Goroutines, func(g cgostate.Goroutine) bool { return len(g.Callbacks) == 2 })
			want := append([]string{"go main.parked.func1"}, nestTwo[1:]...)
			expectCalls(t, got.Report.Goroutines[nested].Stack, want...)
		})
	}
}

// TestCompilers: what unwind information and optimisation change. The wrong answer
// is a frame that was not called, or one left out without a word.
func TestCompilers(t *testing.T) {
	if testing.Short() {
		t.Skip("each set of flags compiles the runtime's C again")
	}
	for _, flags := range []string{"-O0", "-O0 -fomit-frame-pointer", "-O2 -fomit-frame-pointer", "-O2 -fno-omit-frame-pointer"} {
		t.Run(flags, func(t *testing.T) {
			p := build(t, flags, "")
			expectCalls(t, p.run(t, "nest", "2").Stacks[0], nestTwo...)
			expectPlain(t, p)
		})
	}
	t.Run("stripped", func(t *testing.T) {
		stack := build(t, "-O2", "-s -w").run(t, "nest", "2").Stacks[0]
		var langs, want []string
		for _, frame := range stack.Calls() {
			langs = append(langs, string(frame.Lang))
		}
		for _, call := range nestTwo {
			want = append(want, strings.Fields(call)[0])
		}
		if got := strings.Join(langs, " "); !strings.HasPrefix(got, strings.Join(want, " ")) {
			t.Errorf("sides are %s", got)
		}
	})
	t.Run("no unwind tables", func(t *testing.T) {
		stack := build(t, "-O2 -fno-asynchronous-unwind-tables -fno-unwind-tables", "").run(t, "nest", "2").Stacks[0]
		cut := 0
		for _, frame := range stack.Frames {
			if frame.Cut {
				cut++
			}
		}
		if cut+stack.Unrecorded != 2 {
			t.Errorf("%d segments cut and %d unrecorded of 2:\n%v", cut, stack.Unrecorded, stack)
		}
	})
}

// TestProfile: registering must not cost a CPU profile its samples of C threads.
func TestProfile(t *testing.T) {
	p := build(t, "-g -O2", "")
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	for _, arguments := range [][]string{{path}, {path, "tracked"}} {
		p.run(t, append([]string{"profile"}, arguments...)...)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := profile.Parse(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		samples, bare := int64(0), int64(0)
		leaves := map[string]bool{}
		for _, sample := range got.Sample {
			samples += sample.Value[0]
			if len(sample.Location) == 0 {
				bare += sample.Value[0]
				continue
			}
			if called(sample, "main._Cfunc_cgotest_spin_here") {
				leaves[name(sample.Location[0])] = true
			}
		}
		if samples == 0 || bare != 0 {
			t.Errorf("%v: %d samples, %d of them without a frame", arguments[1:], samples, bare)
		}
		if !maps.Equal(leaves, map[string]bool{"runtime.cgocall": true}) {
			t.Errorf("%v: C on a thread of Go is sampled as %v", arguments[1:], leaves)
		}
	}
}

func called(sample *profile.Sample, function string) bool {
	return slices.ContainsFunc(sample.Location, func(l *profile.Location) bool { return name(l) == function })
}

func name(location *profile.Location) string {
	if len(location.Line) == 0 {
		return ""
	}
	return location.Line[0].Function.Name
}

func BenchmarkCallback(b *testing.B) {
	p := build(b, "-g -O2", "")
	for b.Loop() {
		for name, nanos := range p.run(b, "cost").Nanos {
			b.ReportMetric(nanos, "ns/"+strings.ReplaceAll(name, " ", "-"))
		}
	}
}

// TestFallback runs the tests of a build without cgo: the package compiles and
// says why it has no answer, and texts are read all the same.
func TestFallback(t *testing.T) {
	command := exec.Command("go", "test", "-count=1", "-v", "-run=TestWithoutCgo|TestParse", ".")
	command.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: TestWithoutCgo") {
		t.Errorf("with CGO_ENABLED=0: %v\n%s", err, output)
	}
}
