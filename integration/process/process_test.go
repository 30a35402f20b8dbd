//go:build linux

package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// envRole makes the test binary play a program to be run.
const envRole = "PROCESS_TEST_ROLE"

// roles are the programs that the tests run. Each gets the folder of the test.
var roles = map[string]func(dir string){
	"sleep":  func(string) { select {} },
	"exit":   func(string) { fmt.Println("gives up"); os.Exit(7) },
	"crash":  func(string) { syscall.Exec("/bin/sh", []string{"sh", "-c", "kill -ABRT $$"}, os.Environ()) },
	"deaf":   func(dir string) { signal.Ignore(syscall.SIGTERM); leave(dir, "ready", os.Getpid()); select {} },
	"flood":  func(string) { flood() },
	"family": family,
	"orphan": orphan,
	"serve":  serve,
	// runner starts a program and is then killed itself.
	"runner": func(dir string) {
		p, err := Start(spec(dir, "sleep"))
		if err != nil {
			panic(err)
		}
		leave(dir, "child", p.PID())
		select {}
	},
}

func TestMain(m *testing.M) {
	if play, ok := roles[os.Getenv(envRole)]; ok {
		// A sleeping program must not end as a deadlock.
		go func() {
			for {
				time.Sleep(time.Hour)
			}
		}()
		play(os.Getenv("PROCESS_TEST_DIR"))
		return
	}
	goleak.VerifyTestMain(m)
}

func spec(dir, role string) Spec {
	return Spec{
		Path: "/proc/self/exe",
		Env:  append(os.Environ(), envRole+"="+role, "PROCESS_TEST_DIR="+dir),
		Dir:  dir,
	}
}

// leave writes a number into a file of dir, whole at once.
func leave(dir, name string, n int) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(n)), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		panic(err)
	}
}

// await returns the number in a file of dir as soon as it is there.
func await(t *testing.T, dir, name string) int {
	t.Helper()
	for range 500 {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			n, err := strconv.Atoi(string(data))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", name)
	return 0
}

func flood() {
	w := bufio.NewWriter(os.Stdout)
	for i := 0; i < 200_000; i++ {
		fmt.Fprintf(w, "line %d of a log that nobody reads\n", i)
	}
	w.Flush()
}

// family starts a child that only its session ties to it: its environment is empty.
func family(dir string) {
	sleeper := exec.Command("sleep", "1000")
	sleeper.Env = []string{}
	if err := sleeper.Start(); err != nil {
		panic(err)
	}
	leave(dir, "child", sleeper.Process.Pid)
	select {}
}

// orphan starts a child that leaves the session and holds on to the output, and
// ends, as a daemon does.
func orphan(dir string) {
	daemon := exec.Command("sleep", "1000")
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	daemon.Stdout = os.Stdout
	if err := daemon.Start(); err != nil {
		panic(err)
	}
	leave(dir, "child", daemon.Process.Pid)
}

func serve(dir string) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if _, err := net.Listen("unix", "rel.sock"); err != nil {
		panic(err)
	}
	if _, err := net.Listen("tcp", ":0"); err != nil {
		panic(err)
	}
	written, err := os.Create(filepath.Join(dir, "written"))
	if err != nil {
		panic(err)
	}
	fmt.Fprint(written, "four")
	if _, err := os.Open(filepath.Join(dir, "written")); err != nil {
		panic(err)
	}
	leave(dir, "port", tcp.Addr().(*net.TCPAddr).Port)
	select {}
}

// start starts a role, which is closed with the test.
func start(t *testing.T, dir, role string) *Process {
	t.Helper()
	p, err := Start(spec(dir, role))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// alive reports whether a process exists that has not ended.
func alive(pid int) bool {
	st, err := readStat(pid)
	return err == nil && st.state != 'Z' && st.state != 'X'
}

func TestExit(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "exit")
	if got := p.Exit(); got != (Exit{Code: 7}) || p.Output() != "gives up\n" {
		t.Errorf("got %v and output %q", got, p.Output())
	}
	if got := p.Exit().String(); got != "exit status 7" {
		t.Errorf("got %q", got)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := Start(Spec{Path: filepath.Join(t.TempDir(), "missing")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestNoCore(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "deaf")
	await(t, dir, "ready")
	limit := unix.Rlimit{Cur: 1, Max: 1}
	if err := unix.Prlimit(p.PID(), unix.RLIMIT_CORE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	if limit != (unix.Rlimit{}) {
		t.Errorf("cores of up to %d bytes are dumped", limit.Cur)
	}
}

func TestExitBySignal(t *testing.T) {
	p := start(t, t.TempDir(), "crash")
	if got := p.Exit(); got.Signal != syscall.SIGABRT || got.String() != "killed by SIGABRT" {
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
	if got := p.Stop(t.Context(), 10*time.Second); got.Signal != syscall.SIGTERM {
		t.Errorf("got %v", got)
	}
}

func TestOutputIsBounded(t *testing.T) {
	p := start(t, t.TempDir(), "flood")
	p.Exit()
	out := p.Output()
	if len(out) > tailSize+10 || !strings.HasPrefix(out, "[...]") || !strings.HasSuffix(out, "line 199999 of a log that nobody reads\n") {
		t.Errorf("%d bytes: %.20q ... %q", len(out), out, out[max(0, len(out)-60):])
	}
}

func TestCloseEndsDescendants(t *testing.T) {
	for _, role := range []string{"family", "orphan"} {
		t.Run(role, func(t *testing.T) {
			dir := t.TempDir()
			p, err := Start(spec(dir, role))
			if err != nil {
				t.Fatal(err)
			}
			child := await(t, dir, "child")
			if role == "orphan" {
				p.Exit() // returns although the daemon holds the output
			}
			if !alive(child) {
				t.Fatal("the child ended by itself: nothing is tested")
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if alive(child) || alive(p.PID()) {
				t.Error("a process is left")
			}
		})
	}
}

func TestChildDiesWithUs(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "runner")
	child := await(t, dir, "child")
	t.Cleanup(func() { syscall.Kill(child, syscall.SIGKILL) })
	p.Signal(syscall.SIGKILL)
	p.Exit()
	for range 200 {
		if !alive(child) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the child outlives a killed parent")
}

func TestListenersAndFiles(t *testing.T) {
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
	want := map[Address]bool{
		{"tcp", fmt.Sprintf("127.0.0.1:%d", port), true}: true,
		{"unix", filepath.Join(dir, "rel.sock"), true}:   true,
	}
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
	files, err := OpenFiles(p.PID())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "written")
	got := make(map[OpenFile]bool)
	for _, f := range files {
		got[f] = true
	}
	if !got[OpenFile{name, 4, true}] || !got[OpenFile{name, 0, false}] {
		t.Errorf("got %v", files)
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
