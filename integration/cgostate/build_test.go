//go:build linux && cgo

package cgostate_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
)

// result is what the test program prints.
type result struct {
	Stacks   []cgostate.Stack
	Report   cgostate.Report
	Text     string
	Plain    []string
	InFlight int
	Started  int
	Finished int
	Nanos    map[string]float64
	Error    string
}

// program is the path of a built test program.
type program string

// build compiles the test program with these C flags and linker flags.
func build(t testing.TB, cflags, ldflags string) program {
	t.Helper()
	needGCC(t)
	path := filepath.Join(t.TempDir(), "cgotest")
	command := exec.Command("go", "build", "-ldflags", ldflags, "-o", path, "./internal/cgotest")
	command.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=1", "CGO_CFLAGS="+cflags)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build with %q: %v\n%s", cflags, err, output)
	}
	return program(path)
}

func needGCC(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed: a program with C in it cannot be built")
	}
}

func (p program) run(t testing.TB, arguments ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, string(p), arguments...)
	var problems strings.Builder
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, problems.String())
	}
	var got result
	if err := json.Unmarshal(output, &got); err != nil {
		t.Fatalf("%v: %v", arguments, err)
	}
	if got.Started != got.Finished {
		t.Errorf("%v: %d callbacks started, %d finished", arguments, got.Started, got.Finished)
	}
	return got
}

// calls are the frames that somebody wrote, as "lang name", without what the
// compiler appends to the names of clones.
func calls(stack cgostate.Stack) []string {
	var list []string
	for _, frame := range stack.Calls() {
		name := frame.Function
		if frame.Lang == cgostate.C {
			name, _, _ = strings.Cut(name, ".")
		}
		list = append(list, string(frame.Lang)+" "+name)
	}
	return list
}

func expectCalls(t *testing.T, stack cgostate.Stack, want ...string) {
	t.Helper()
	got := calls(stack)
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("calls are\n\t%s\nwant first\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	for _, frame := range stack.Frames {
		if frame.Cut {
			t.Errorf("frames are said to be missing below %v", frame)
		}
	}
	if stack.Unrecorded != 0 {
		t.Errorf("%d callbacks unrecorded", stack.Unrecorded)
	}
}
