//go:build linux

package process

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Start starts a program without a run, in a session of its own. It is killed when
// this process dies, but its descendants and files are not. The caller must call
// Close.
func Start(s Spec) (*Process, error) {
	p := &Process{output: new(tail), done: make(chan struct{})}
	mark := envRun + "=" + rand.Text()
	cmd := exec.Command(s.Path, s.Args...)
	cmd.Dir = s.Dir
	cmd.Env = append(s.Env[:len(s.Env):len(s.Env)], mark)
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	// A descendant that keeps the output open must not keep Wait from returning.
	cmd.WaitDelay = time.Second
	p.signal = func(sig syscall.Signal) error { return cmd.Process.Signal(sig) }
	p.end = func() error {
		cmd.Process.Kill()
		<-p.done
		return sweep(scope{sessions: map[int]bool{p.pid: true}, entry: mark}.members)
	}
	started := make(chan error)
	go p.follow(cmd, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// follow starts the program and waits for its end on one thread: the kernel sends
// the parent-death signal when the thread that forked ends, not the process
// (prctl(2), PR_SET_PDEATHSIG).
func (p *Process) follow(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	err := unix.Prlimit(p.pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		cmd.Process.Kill()
		cmd.Wait()
		started <- fmt.Errorf("core dumps cannot be turned off: %w", err)
		return
	}
	started <- nil
	cmd.Wait() // says through ProcessState what is needed
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	p.exit = exitOf(status, usage)
	close(p.done)
}
