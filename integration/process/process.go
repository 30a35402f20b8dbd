//go:build linux

// Package process runs a program that may do anything and sees to it that nothing
// of it stays: it and its children end with the run, in whichever way that ends,
// and its output is kept within bounds.
package process

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// envRun marks a process and, by inheritance, its descendants.
const envRun = "HOTVET_RUN"

// A Spec says what to run.
type Spec struct {
	Path string   // of the binary
	Args []string // without the program's name
	Env  []string // the whole environment
	Dir  string   // working folder
}

// An Exit is how a process ended.
type Exit struct {
	Code   int            // -1 when a signal ended it
	Signal syscall.Signal // 0 when it exited
}

func (e Exit) String() string {
	if e.Signal != 0 {
		return "killed by " + unix.SignalName(e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// A Process is a started program.
type Process struct {
	cmd    *exec.Cmd
	mark   string // envRun=value, unique to this run
	output *tail
	done   chan struct{}
	exit   Exit // valid when done is closed
}

// Start starts a program in a session of its own, so that a Ctrl-C meant for
// hotvet does not reach it. It is killed when this process dies. The caller must
// call Close.
func Start(s Spec) (*Process, error) {
	p := &Process{
		mark:   envRun + "=" + rand.Text(),
		output: new(tail),
		done:   make(chan struct{}),
	}
	p.cmd = exec.Command(s.Path, s.Args...)
	p.cmd.Dir = s.Dir
	p.cmd.Env = append(s.Env[:len(s.Env):len(s.Env)], p.mark)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	// A descendant that keeps the output open must not keep Wait from returning.
	p.cmd.WaitDelay = time.Second
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the program and waits for its end on one thread: the kernel sends the
// parent-death signal when the thread that forked ends, not the process
// (prctl(2), PR_SET_PDEATHSIG).
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	// Cores would fill the disk, or reach a collector outside the run.
	noCore := unix.Rlimit{}
	err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_CORE, &noCore, nil)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		started <- fmt.Errorf("core dumps cannot be turned off: %w", err)
		return
	}
	started <- nil
	p.cmd.Wait() // says through ProcessState what is needed
	p.exit.Code = p.cmd.ProcessState.ExitCode()
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		p.exit.Signal = ws.Signal()
	}
	close(p.done)
}

// PID returns the process id, which stays the same across exec.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit waits for the end of the process and says how it ended.
func (p *Process) Exit() Exit {
	<-p.done
	return p.exit
}

// Output returns what the process wrote to standard output and standard error;
// of more than 64 KiB, the last.
func (p *Process) Output() string { return p.output.String() }

// Signal sends sig to the process alone.
func (p *Process) Signal(sig syscall.Signal) error { return p.cmd.Process.Signal(sig) }

// Stop asks the process to end by SIGTERM and kills it when it has not ended
// after grace, or when ctx ends.
func (p *Process) Stop(ctx context.Context, grace time.Duration) Exit {
	p.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-ctx.Done():
	case <-timer.C:
	}
	p.Signal(syscall.SIGKILL)
	return p.Exit()
}

// Close kills the process and all its descendants, also those that left its
// session, and returns when they are gone. It fails when one survives.
func (p *Process) Close() error {
	p.cmd.Process.Kill()
	<-p.done
	// A descendant may fork while the list is read, hence again until it is empty.
	deadline := time.Now().Add(5 * time.Second)
	for {
		left := p.descendants()
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of the run do not end", left)
		}
		for _, pid := range left {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// descendants returns the running processes that carry the mark of this run, or
// belong to its session because they have emptied their environment.
func (p *Process) descendants() []int {
	var found []int
	for _, pid := range pids() {
		if pid == os.Getpid() {
			continue
		}
		st, err := readStat(pid)
		if err != nil || st.state == 'Z' || st.state == 'X' {
			continue
		}
		if st.session == p.PID() || hasEnv(pid, p.mark) {
			found = append(found, pid)
		}
	}
	return found
}
