//go:build linux

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// readyLimit is how long a guard may take to start, on a busy machine.
	readyLimit = 30 * time.Second
	// closeLimit is how long a guard may take to end a run.
	closeLimit = sweepLimit + 10*time.Second
)

var errGuardGone = errors.New("the guard of the run was killed")

// A Run owns a folder and what is started in it. It has a guard, which ends all of
// it and removes the folder at Close, and also when this process dies without
// Close. When only the guard is killed, by a program that kills its parent, Close
// does the guard's work.
type Run struct {
	cmd    *exec.Cmd // the guard
	wire   *wire
	folder *folder
	gone   chan struct{} // closed when the guard sends nothing more
	tasks  sync.WaitGroup

	mu       sync.Mutex
	calls    int
	waiting  map[int]*call
	programs map[int]*Process // that run, by number
	orphaned map[int]bool     // sessions of programs that died with the guard
	outputs  []*capture
	closed   bool

	patience time.Duration // closeLimit, but in tests
}

// A call waits for the answer to a request.
type call struct {
	answer  chan message
	process *Process // that a start makes
}

// NewRun makes a folder in temp and its guard. GuardMain must have been called in
// this process. The caller must call Close.
func NewRun(temp string) (*Run, error) {
	if !canGuard.Load() {
		return nil, errors.New("main does not call process.GuardMain first: no guard can be started")
	}
	// Absolute and resolved, because programs compare it with what /proc says.
	temp, err := filepath.EvalSymlinks(temp)
	if err != nil {
		return nil, err
	}
	if temp, err = filepath.Abs(temp); err != nil {
		return nil, err
	}
	r := &Run{
		gone:     make(chan struct{}),
		waiting:  make(map[int]*call),
		programs: make(map[int]*Process),
		orphaned: make(map[int]bool),
		patience: closeLimit,
	}
	if err := r.startGuard(temp); err != nil {
		return nil, fmt.Errorf("guard of the run: %w", err)
	}
	r.tasks.Go(r.receive)
	return r, nil
}

// startGuard starts the guard and waits until it has made the folder.
func (r *Run) startGuard(temp string) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "guard")
	defer theirs.Close()
	if r.wire, err = newWire(os.NewFile(uintptr(pair[0]), "guard")); err != nil {
		return err
	}
	r.cmd = &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        os.Args[:1],
		Env:         []string{envGuard + "=" + temp},
		Dir:         "/",
		ExtraFiles:  []*os.File{theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := r.cmd.Start(); err != nil {
		r.wire.conn.Close()
		return err
	}
	if err = r.awaitReady(); err != nil {
		// A guard ends by itself then; what is none may not.
		r.wire.conn.Close()
		limit := time.AfterFunc(sweepLimit, func() { r.cmd.Process.Kill() })
		r.cmd.Wait()
		limit.Stop()
	}
	return err
}

func (r *Run) awaitReady() error {
	r.wire.conn.SetReadDeadline(time.Now().Add(readyLimit))
	defer r.wire.conn.SetReadDeadline(time.Time{})
	m, _, err := r.wire.receive()
	if err == nil {
		err = m.err()
	}
	if err != nil {
		return err
	}
	r.folder = &folder{path: m.Folder, mark: m.Mark}
	r.folder.info, err = os.Lstat(m.Folder)
	return err
}

// Folder returns the absolute path of the run's folder, without symbolic links.
func (r *Run) Folder() string { return r.folder.path }

// Mark returns an entry NAME=VALUE for the environment of what this process itself
// starts for the run, as compilers: it and its descendants end with the run.
func (r *Run) Mark() string { return envRun + "=" + r.folder.mark }

// Start starts a program in a session of its own, with standard input from
// /dev/null and no descriptor but the three. Its parent is the guard.
func (r *Run) Start(s Spec) (*Process, error) {
	var err error
	if s.Path, err = filepath.Abs(s.Path); err != nil {
		return nil, err
	}
	if s.Dir, err = filepath.Abs(s.Dir); err != nil {
		return nil, err
	}
	output, write, err := newCapture()
	if err != nil {
		return nil, err
	}
	p := &Process{
		capture: output,
		output:  output.tail,
		done:    make(chan struct{}),
		full:    fullFiles{r.folder.path, s.MaxFile},
	}
	r.tasks.Go(output.follow)
	m, err := r.call(message{Verb: verbStart, Spec: &s}, write, p)
	write.Close()
	if err != nil {
		output.close()
		return nil, err
	}
	r.mu.Lock()
	r.outputs = append(r.outputs, output)
	r.mu.Unlock()
	p.signal = func(sig syscall.Signal) error { return r.signal(m.Program, sig) }
	p.end = func() error {
		_, err := r.call(message{Verb: verbEnd, Program: m.Program}, nil, nil)
		<-p.done
		// Others than those that ended may hold the other end.
		output.close()
		return err
	}
	return p, nil
}

func (r *Run) signal(program int, sig syscall.Signal) error {
	_, err := r.call(message{Verb: verbSignal, Program: program, Signal: sig}, nil, nil)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// call sends a request and waits for the answer. The process is that of a start.
func (r *Run) call(m message, file *os.File, p *Process) (message, error) {
	c := &call{answer: make(chan message, 1), process: p}
	r.mu.Lock()
	if r.waiting == nil {
		r.mu.Unlock()
		return message{}, errGuardGone
	}
	r.calls++
	m.ID = r.calls
	r.waiting[m.ID] = c
	r.mu.Unlock()
	if err := r.wire.send(m, file); err != nil {
		r.mu.Lock()
		delete(r.waiting, m.ID)
		r.mu.Unlock()
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
			err = errGuardGone
		}
		return message{}, err
	}
	select {
	case answer := <-c.answer:
		return answer, answer.err()
	case <-r.gone:
	}
	// The last answer may have come just before the end.
	select {
	case answer := <-c.answer:
		return answer, answer.err()
	default:
		return message{}, errGuardGone
	}
}

// receive handles what the guard sends until it is gone.
func (r *Run) receive() {
	defer close(r.gone)
	for {
		m, _, err := r.wire.receive()
		if err != nil {
			break
		}
		r.mu.Lock()
		if m.Verb == verbExit {
			r.ended(m.Program, *m.Exit)
		} else if c := r.waiting[m.ID]; c != nil {
			delete(r.waiting, m.ID)
			if c.process != nil && m.Error == "" {
				// Before the end of the process can be told.
				c.process.pid = m.PID
				r.programs[m.Program] = c.process
			}
			c.answer <- m
		}
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = nil
	// After an orderly end there are none. Programs that ended before are left out
	// of the orphaned sessions, as their ids may be used again.
	for n, p := range r.programs {
		r.orphaned[p.pid] = true
		r.ended(n, Exit{Code: -1, Signal: syscall.SIGKILL})
	}
}

// ended tells who waits for a program that it has ended. What a child that goes on
// writes later is still read: a pipe without a reader would kill it.
func (r *Run) ended(program int, exit Exit) {
	p := r.programs[program]
	if p == nil {
		return
	}
	delete(r.programs, program)
	p.exit = exit
	p.capture.flush()
	close(p.done)
}
