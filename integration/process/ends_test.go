//go:build linux

package process

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// leftPIDs returns the processes that have left their id in dir and are alive.
func leftPIDs(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, file := range files {
		data, _ := os.ReadFile(file)
		if pid, err := strconv.Atoi(string(data)); err == nil && alive(pid) {
			list = append(list, pid)
		}
	}
	return list
}

// nothingLeft checks that, as soon as the guard is gone, all else is.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	guard := await(t, dir, "guard")
	eventually(t, "the guard does not end", func() bool { return !alive(guard) })
	if left := leftPIDs(t, dir); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	all, err := snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all {
		if hasEnv(info.PID, envDir+"="+dir+"\x00") && !info.Ended() {
			t.Errorf("process %d (%s) is left", info.PID, info.Name)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "temp", "*")); len(files) > 0 {
		t.Errorf("%v are left", files)
	}
}

func TestNothingIsLeft(t *testing.T) {
	toGroup := func(sig syscall.Signal) func(*exec.Cmd) error {
		return func(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, sig) }
	}
	kill := func(cmd *exec.Cmd) error { return cmd.Process.Kill() }
	for _, test := range []struct {
		name, end string
		at        string // file that the tool leaves when it is time for change
		change    func(*exec.Cmd) error
		status    string
	}{
		{"success", "success", "closed", nil, ""},
		{"failure", "failure", "closed", nil, ""},
		{"time limit", "limit", "closed", nil, ""},
		{"panic", "panic", "started", nil, "exit status 2"},
		{"interrupt", "", "waiting", toGroup(syscall.SIGINT), ""},
		{"terminate", "", "waiting", toGroup(syscall.SIGTERM), ""},
		{"hangup", "", "waiting", toGroup(syscall.SIGHUP), "signal: hangup"},
		{"kill of the group", "", "waiting", toGroup(syscall.SIGKILL), "signal: killed"},
		{"kill", "", "waiting", kill, "signal: killed"},
		{"kill before a program", "", "guard", kill, "signal: killed"},
		{"kill while a program starts", "", "started", kill, "signal: killed"},
		{"kill while it closes", "limit", "closing", kill, "signal: killed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "hangup" && signal.Ignored(syscall.SIGHUP) {
				t.Skip("hangups are ignored here, as nohup has it, and so by what is started")
			}
			dir := t.TempDir()
			cmd := startTool(t, dir, test.end)
			await(t, dir, test.at)
			if test.change != nil {
				if err := test.change(cmd); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
			}
			err := cmd.Wait()
			// Who is killed while closing may be done before.
			if got := errorText(err); got != test.status && !(test.at == "closing" && got == "") {
				t.Errorf("the tool ended with %q, want %q", got, test.status)
			}
			nothingLeft(t, dir)
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The guard must outlast every signal that could be meant for hotvet.
func TestGuardIsDeafToSignals(t *testing.T) {
	r := newRun(t)
	guard := r.cmd.Process
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE} {
		if err := guard.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	p, err := r.Start(spec(t.TempDir(), "exit"))
	if err != nil || p.Exit().Code != 7 {
		t.Errorf("the guard is gone: %v", err)
	}
	if info, err := readInfo(guard.Pid); err != nil || info.session != guard.Pid {
		t.Errorf("the guard is in session %d, %v", info.session, err)
	}
}

func TestCloseEndsDescendants(t *testing.T) {
	for _, role := range []string{"family", "orphan", "bare"} {
		t.Run(role, func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, dir, role)
			child := await(t, dir, "child")
			if role != "family" {
				p.Exit() // returns although a daemon may hold the output
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

func TestCloseLeavesOthers(t *testing.T) {
	dir := t.TempDir()
	r := newRun(t)
	other, err := r.Start(spec(dir, "sleep"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Start(spec(dir, "tribe"))
	if err != nil {
		t.Fatal(err)
	}
	await(t, dir, "tribe")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if alive(await(t, dir, "first")) || alive(await(t, dir, "second")) {
		t.Error("a process is left")
	}
	if !alive(other.PID()) {
		t.Error("the other program is gone")
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if alive(await(t, dir, "child")) {
		t.Error("a daemon outlives the last program")
	}
}

func TestProgramKillsGuard(t *testing.T) {
	dir := t.TempDir()
	r, err := NewRun(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Start(spec(dir, "spoil"))
	if err != nil {
		t.Fatal(err)
	}
	if guard := await(t, dir, "parent"); guard != r.cmd.Process.Pid {
		t.Errorf("the parent is %d and not the guard %d", guard, r.cmd.Process.Pid)
	}
	if got := p.Exit(); got.Signal != syscall.SIGKILL {
		t.Errorf("got %v", got)
	}
	if err := p.Close(); err != errGuardGone {
		t.Errorf("got %v", err)
	}
	if _, err := r.Start(spec(dir, "sleep")); err != errGuardGone {
		t.Errorf("got %v", err)
	}
	closeGuardless(t, r, "the guard of the run was killed")
	if alive(await(t, dir, "child")) || alive(p.PID()) {
		t.Error("a process is left")
	}
}

func TestGuardHangs(t *testing.T) {
	r, err := NewRun(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.patience = time.Millisecond
	p, err := r.Start(spec(t.TempDir(), "sleep"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	closeGuardless(t, r, "did not end within 1ms")
	if alive(p.PID()) {
		t.Error("a process is left")
	}
}

// closeGuardless closes a run whose guard is of no use.
func closeGuardless(t *testing.T, r *Run, want string) {
	t.Helper()
	if err := r.Close(); !errors.Is(err, errGuardGone) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if _, err := os.Lstat(r.Folder()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left, %v", err)
	}
}

func TestNoGuardWithoutGuardMain(t *testing.T) {
	canGuard.Store(false)
	defer canGuard.Store(true)
	if _, err := NewRun(t.TempDir()); err == nil || !strings.Contains(err.Error(), "GuardMain") {
		t.Errorf("got %v", err)
	}
}
