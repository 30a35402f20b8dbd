//go:build linux

package process

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// envEnd tells the tool how to end.
const envEnd = "PROCESS_TEST_END"

// tool does with a run what hotvet does, and leaves a file at each step.
func tool(dir string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := NewRun(filepath.Join(dir, "temp"))
	must(err)
	leave(dir, "guard", r.cmd.Process.Pid)
	must(os.WriteFile(filepath.Join(r.Folder(), "binary"), []byte("x"), 0o700))
	sleeper(dir, "compiler", func(cmd *exec.Cmd) {
		ownSession(cmd)
		cmd.Env = []string{r.Mark()}
	})
	s := spec(dir, "tribe")
	s.Dir = r.Folder()
	p, err := r.Start(s)
	must(err)
	leave(dir, "started", p.PID())
	awaitTribe(dir, p)
	switch os.Getenv(envEnd) {
	case "success":
		p.Stop(ctx, time.Minute)
	case "failure":
		must(p.Signal(syscall.SIGSEGV))
		p.Exit()
	case "panic":
		defer r.Close()
		panic("a defect of the tool")
	case "limit":
		limited, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		<-limited.Done()
	default:
		leave(dir, "waiting", os.Getpid())
		<-ctx.Done()
	}
	leave(dir, "closing", os.Getpid())
	must(r.Close())
	leave(dir, "closed", os.Getpid())
}

func awaitTribe(dir string, p *Process) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "tribe")); err == nil {
			return
		}
		select {
		case <-p.Done():
			panic(p.Output())
		case <-time.After(time.Millisecond):
		}
	}
}

// startTool starts the tool as the leader of a process group.
func startTool(t *testing.T, dir, end string) *exec.Cmd {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "temp"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envRole+"=tool", envDir+"="+dir, envEnd+"="+end, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A tool that hangs ends with the test.
	limit := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		limit.Stop()
		cmd.Process.Kill()
		cmd.Wait()
		// What a failed test has found alive.
		for _, pid := range leftPIDs(t, dir) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return cmd
}
