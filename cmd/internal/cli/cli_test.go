//go:build unix

package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/go/analysis"
)

func run(ctx context.Context, p *Program, env []string, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	err := p.Run(ctx, env, args, strings.NewReader(""), &out, &errs)
	return Status(err), out.String(), errs.String()
}

// TestInterrupt holds that nothing is left running when a check is interrupted:
// the go command stands in front of a whole tree of processes, some of which may
// ignore interrupts as a shell's background jobs do, and removes its temporary
// folder only when it is interrupted.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	pidFile := filepath.Join(dir, "pid")
	temporary := filepath.Join(dir, "go-build")
	script := "#!/bin/sh\nsleep 60 &\ntrap 'rm " + temporary + "; exit 1' INT\necho > " + temporary + "\necho $! > " + pidFile + ".tmp; mv " + pidFile + ".tmp " + pidFile + "\nwait\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(t.Context())
	pid := make(chan int, 1)
	go func() {
		defer cancel()
		for range 500 {
			if data, err := os.ReadFile(pidFile); err == nil {
				n, _ := strconv.Atoi(strings.TrimSpace(string(data)))
				pid <- n
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		pid <- 0
	}()
	status, stdout, stderr := run(ctx, new(Program), os.Environ(), "check", "-C", dir, "./...")
	if status != ExitFailed || stdout != "" || stderr != "hotvet: interrupted\n" {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if _, err := os.Stat(temporary); !os.IsNotExist(err) {
		t.Errorf("the go command left its temporary folder: %v", err)
	}
	child := <-pid
	if child == 0 {
		t.Fatal("the child did not start")
	}
	for range 200 {
		if gone(child) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d is still running", child)
}

// gone reports whether a process has ended; one that nobody has waited for yet
// has ended too.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// TestBadStream holds that output that is not that of a vet tool is an error.
func TestBadStream(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\necho '{\"p\": 1} garbage'\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	status, _, stderr := run(t.Context(), new(Program), os.Environ(), "check", "-C", dir)
	if status != ExitFailed || !strings.Contains(stderr, "not the JSON of a vet tool") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// TestPanic holds that a defect of hotvet itself does not exit like wrong usage.
func TestWithoutWarnings(t *testing.T) {
	const said = "go: downloading m\nwarning: unset\n# p\np.c:1: warning: unused\nhotvet: a note\n   1 | int x;\ngo: finding n\n"
	if got, want := withoutWarnings(said), "go: downloading m\nwarning: unset\nhotvet: a note\ngo: finding n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPanic(t *testing.T) {
	p := &Program{Analyzers: []Analyzer{{Analyzer: &analysis.Analyzer{Name: "a"}}}}
	status, _, stderr := run(t.Context(), p, nil, "explain") // Document is nil
	if status != ExitFailed || !strings.HasPrefix(stderr, "hotvet: internal error: ") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

func TestMessageLines(t *testing.T) {
	got := strings.Join(messageLines("# p\n# [p]\nhotvet: ./a.go:1:1: bad\n# p [p.test]\nhotvet: ./a.go:1:1: bad\n./b.go:2: worse\nexit status 1\n"), "|")
	if want := "# p|./a.go:1:1: bad|./b.go:2: worse"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPosition(t *testing.T) {
	opt := &checkOptions{dir: "/w"}
	for in, want := range map[string]string{
		"/w/a.go:1:2":     "a.go:1:2",
		"/w/d/a:b.go:1:2": "d/a:b.go:1:2",
		"/x/a.go:1:2":     "/x/a.go:1:2",
		"a.y:3:1":         "a.y:3:1",
	} {
		p, err := opt.position(in)
		if err != nil || p.String() != want {
			t.Errorf("%s: %v, %v, want %s", in, p, err, want)
		}
	}
	for _, in := range []string{"", "-", "a.go", "a.go:1", ":1:2", "a.go:0:1"} {
		if p, err := opt.position(in); err == nil {
			t.Errorf("%q: no error but %v", in, p)
		}
	}
}

// TestSayNothingToTheTerminal quotes a program that colours its output, and more.
func TestSayNothingToTheTerminal(t *testing.T) {
	var out bytes.Buffer
	(&invocation{stderr: &out}).say("it wrote\n\t\x1b[31mred\x1b[0m\a \u202eevil\r\nnaïve")
	if got, want := out.String(), "hotvet: it wrote\nhotvet: \t\ufffd[31mred\ufffd[0m\ufffd \ufffdevil\nhotvet: naïve\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
