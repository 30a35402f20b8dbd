//go:build linux

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newRun makes a run, which is closed with the test.
func newRun(t *testing.T) *Run {
	t.Helper()
	r, err := NewRun(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// start starts a role in a run of its own.
func start(t *testing.T, dir, role string) *Process {
	t.Helper()
	p, err := newRun(t).Start(spec(dir, role))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestExitOf reads what wait4(2) returned: exit status 3, and what it took.
func TestExitOf(t *testing.T) {
	usage := &syscall.Rusage{Maxrss: 2048, Utime: syscall.Timeval{Sec: 1, Usec: 250000}, Stime: syscall.Timeval{Usec: 500000}}
	want := Exit{Code: 3, Peak: 2 << 20, CPU: 1750 * time.Millisecond}
	if got := exitOf(syscall.WaitStatus(3<<8), usage); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestExit(t *testing.T) {
	p := start(t, t.TempDir(), "exit")
	got := p.Exit()
	if got.Code != 7 || got.Signal != 0 || p.Output() != "gives up\n" || got.String() != "exit status 7" {
		t.Errorf("got %+v and output %q", got, p.Output())
	}
	// A Go program needs more than that; the guard's share is in it.
	if got.Peak < 1<<20 || got.Peak > 1<<30 {
		t.Errorf("peak of %d bytes", got.Peak)
	}
	if err := p.Signal(syscall.SIGTERM); err != os.ErrProcessDone {
		t.Errorf("signal to the dead: %v", err)
	}
}

func TestPeakOfAnEarlierImage(t *testing.T) {
	if got := start(t, t.TempDir(), "hunger").Exit(); got.Code != 0 || got.Peak < 200<<20 {
		t.Errorf("got %+v", got)
	}
}

func TestStartFails(t *testing.T) {
	r := newRun(t)
	for _, s := range []Spec{
		{Path: filepath.Join(t.TempDir(), "missing"), Dir: "/"},
		{Path: "/bin/true", Dir: filepath.Join(t.TempDir(), "missing")},
	} {
		if _, err := r.Start(s); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), s.Path) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := r.Start(Spec{Path: "/bin/true", Dir: "/", Env: []string{"X=" + strings.Repeat("x", maxMessage)}}); err == nil {
		t.Error("no error for an endless environment")
	}
	// The run is none the worse for it.
	p, err := r.Start(spec(t.TempDir(), "exit"))
	if err != nil || p.Exit().Code != 7 {
		t.Error(err)
	}
}

func TestRunNeedsItsFolder(t *testing.T) {
	if _, err := NewRun(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRun(file); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("got %v", err)
	}
}

// What a program inherits must not depend on who called hotvet.
func TestInheritance(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	// As a shell's descriptor is, which any child inherits.
	if _, err := unix.FcntlInt(write.Fd(), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	p, err := newRun(t).Start(Spec{Path: "/bin/sleep", Args: []string{"1000"}, Dir: "/", Env: []string{"A=1", "B=2", "A=3"}})
	if err != nil {
		t.Fatal(err)
	}
	fds, err := FDs(p.PID())
	if err != nil {
		t.Fatal(err)
	}
	if len(fds) != 3 || fds[0].Target != "/dev/null" || fds[1].Kind != KindPipe || fds[2].Inode != fds[1].Inode || fds[1].Nonblocking() {
		t.Errorf("got %+v", fds)
	}
	signals, err := Signals(p.PID())
	if err != nil || signals.Ignored != 0 || signals.Blocked != 0 {
		t.Errorf("got %+v, %v", signals, err)
	}
	var limit unix.Rlimit
	if err := unix.Prlimit(p.PID(), unix.RLIMIT_CORE, nil, &limit); err != nil || limit != (unix.Rlimit{}) {
		t.Errorf("cores of up to %d bytes are dumped, %v", limit.Max, err)
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID()))
	if err != nil || !strings.HasPrefix(string(env), "B=2\x00A=3\x00"+envRun+"=") || strings.Count(string(env), "\x00") != 3 {
		t.Errorf("got %q, %v", env, err)
	}
}

func TestExitBySignal(t *testing.T) {
	p := start(t, t.TempDir(), "crash")
	if got := p.Exit(); got.Code != -1 || got.Signal != syscall.SIGABRT || got.String() != "killed by SIGABRT" {
		t.Errorf("got %v", got)
	}
}

func TestStopKillsWhoIsDeaf(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "deaf")
	await(t, dir, "ready")
	if got := p.Stop(t.Context(), 100*time.Millisecond); got.Signal != syscall.SIGKILL {
		t.Errorf("got %v", got)
	}
}

func TestStopAsksFirst(t *testing.T) {
	p := start(t, t.TempDir(), "sleep")
	if got := p.Stop(t.Context(), time.Minute); got.Signal != syscall.SIGTERM {
		t.Errorf("got %v", got)
	}
}

func TestOutputIsBounded(t *testing.T) {
	p := start(t, t.TempDir(), "flood")
	p.Exit()
	out := p.Output()
	if len(out) > tailSize+10 || !strings.HasPrefix(out, "[...]") || !strings.HasSuffix(out, "reads\nthe last line\n") {
		t.Errorf("%d bytes: %.20q ... %q", len(out), out, out[max(0, len(out)-60):])
	}
	if held := cap(p.output.data); held > 8*tailSize {
		t.Errorf("%d bytes are held", held)
	}
}

// The end of a program is not that of its output, when a child goes on.
func TestOutputOfChildAfterExit(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "speak")
	p.Exit() // does not wait for the child
	if got := p.Output(); got != "parent\n" {
		t.Errorf("got %q", got)
	}
	leave(dir, "go", 1)
	eventually(t, "the child cannot write", func() bool { return p.Output() == "parent\nchild\n" })
}

func TestFileLimit(t *testing.T) {
	r := newRun(t)
	if err := os.WriteFile(filepath.Join(r.Folder(), "small"), make([]byte, 5999), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		spec   Spec
		signal syscall.Signal
		output string
	}{
		// Go ignores the signal and sees EFBIG.
		{"go", spec(r.Folder(), "large"), 0, "file too large"},
		{"c", Spec{Path: "/bin/sh", Args: []string{"-c", "exec cat /dev/zero > large"}, Dir: r.Folder()}, unix.SIGXFSZ, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.spec.MaxFile = 6000
			p, err := r.Start(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			exit := p.Exit()
			if exit.Signal != test.signal || !strings.Contains(p.Output(), test.output) {
				t.Errorf("got %v, %q", exit, p.Output())
			}
			if test.signal != 0 && !strings.Contains(exit.String(), "size limit") {
				t.Errorf("got %v", exit)
			}
			full, err := p.FullFiles()
			if err != nil || !slices.Equal(full, []string{"large"}) {
				t.Errorf("got %q, %v", full, err)
			}
		})
	}
	// The limit of one program is not that of the next.
	p, err := r.Start(Spec{Path: "/bin/dd", Args: []string{"if=/dev/zero", "of=large", "bs=7000", "count=1"}, Dir: r.Folder()})
	if err != nil {
		t.Fatal(err)
	}
	full, err := p.FullFiles()
	if p.Exit().Code != 0 || full != nil || err != nil {
		t.Errorf("got %v, %q, %v", p.Exit(), full, err)
	}
}

func TestListenersAndSocketFile(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, "serve")
	port := await(t, dir, "port")
	list, err := WaitListening(t.Context(), p.PID())
	if err != nil {
		t.Fatal(err)
	}
	named := Address{"unix", filepath.Join(dir, "rel.sock"), true}
	want := map[Address]bool{{"tcp", fmt.Sprintf("127.0.0.1:%d", port), true}: true, named: true}
	open := 0
	for _, a := range list {
		delete(want, a)
		if !a.Local {
			open++
		}
	}
	if len(list) != 3 || len(want) != 0 || open != 1 {
		t.Errorf("got %v, missing %v, %d of them open to others, want 1", list, want, open)
	}
	checkSocketFile(t, p.PID(), named)
}

// checkSocketFile follows what can become of the name of a listening socket.
func checkSocketFile(t *testing.T, pid int, a Address) {
	for _, step := range []struct {
		change func() error
		want   SocketFile
	}{
		{func() error { return nil }, SocketFile{true, true, true}},
		{func() error { return os.Remove(a.Addr) }, SocketFile{}},
		{func() error { return os.WriteFile(a.Addr, nil, 0o600) }, SocketFile{true, false, true}},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		if got, err := SocketFileOf(pid, a); err != nil || got != step.want {
			t.Errorf("got %+v, %v, want %+v", got, err, step.want)
		}
	}
	for _, other := range []Address{{"unix", "@abstract", true}, {"tcp", "127.0.0.1:1", true}} {
		if _, err := SocketFileOf(pid, other); err == nil {
			t.Errorf("%v has a file", other)
		}
	}
}

func TestWaitListeningEnds(t *testing.T) {
	p := start(t, t.TempDir(), "sleep")
	limit := errors.New("limit")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, limit)
	defer cancel()
	if list, err := WaitListening(ctx, p.PID()); err != limit {
		t.Errorf("got %v, %v", list, err)
	}
	p.Stop(t.Context(), time.Second)
	if _, err := WaitListening(t.Context(), p.PID()); err == nil {
		t.Error("no error for a process that has ended")
	}
}
