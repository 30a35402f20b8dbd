//go:build linux

package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// envGuard makes this binary a guard. Its value is the folder in which the guard
// makes that of the run.
const envGuard = "HOTVET_GUARD"

// guardFD is the guard's end of the socket pair: the first of exec.Cmd.ExtraFiles.
const guardFD = 3

// canGuard is set when GuardMain has been called: only then does this binary,
// run again, become a guard, and not hotvet once more.
var canGuard atomic.Bool

// GuardMain makes this process a guard, and does not return, when a Run started it
// as one. Every main and TestMain whose process uses a Run must call it before
// anything else.
func GuardMain() {
	temp, asked := os.LookupEnv(envGuard)
	if !asked {
		canGuard.Store(true)
		return
	}
	if err := guard(temp); err != nil {
		fmt.Fprintf(os.Stderr, "hotvet: guard: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A warden is the state of a guard.
type warden struct {
	wire     *wire
	folder   *folder
	null     *os.File
	programs []*program // program n is programs[n-1]
}

// A program is what the guard started on request.
type program struct {
	pid     int
	running bool // neither ended nor failed to start
}

// guard guards one run until it is closed, or until hotvet is gone.
func guard(temp string) error {
	// The parent-death signal of a program comes when the thread that forked it
	// ends, not the process (prctl(2), PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	wire, err := newWire(os.NewFile(guardFD, "hotvet"))
	if err != nil {
		return fmt.Errorf("%s is set, but not by hotvet: %w", envGuard, err)
	}
	w := &warden{wire: wire}
	if err := w.prepare(temp); err != nil {
		m := message{Verb: verbReady}
		m.fail(err)
		return errors.Join(err, wire.send(m, nil))
	}
	return w.watch()
}

// prepare makes the guard what its programs inherit from it.
func (w *warden) prepare(temp string) (err error) {
	if w.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// Cores would fill the disk, or reach a collector outside the run. A limit of
	// the guard is one of its programs before their first instruction.
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("core dumps cannot be turned off: %w", err)
	}
	// What hotvet's caller left open is none of the program's business.
	err = eachFD(os.Getpid(), func(fd int, _ string) error {
		if fd > 2 {
			unix.CloseOnExec(fd)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.folder, err = makeFolder(temp)
	return err
}

// watch serves requests until the end.
func (w *warden) watch() error {
	// Caught and not ignored: programs would inherit what is ignored.
	endings := make(chan os.Signal, 1)
	signal.Notify(endings, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)

	requests := make(chan func() bool)
	go w.read(requests)
	if err := w.wire.send(message{Verb: verbReady, Folder: w.folder.path, Mark: w.folder.mark}, nil); err != nil {
		return w.close()
	}
	for {
		select {
		case <-children:
			w.reap()
		case <-endings:
			// The guard ends when the run does, and not before.
		case serve, open := <-requests:
			if !open {
				return w.close()
			}
			if !serve() {
				return nil
			}
		}
	}
}

// read gives requests to watch. It closes the channel when hotvet is gone, or
// sends what hotvet never would.
func (w *warden) read(requests chan<- func() bool) {
	defer close(requests)
	for {
		m, file, err := w.wire.receive()
		if err != nil {
			return
		}
		requests <- func() bool { return w.serve(m, file) }
	}
}

// serve answers a request. It returns false after the last.
func (w *warden) serve(m message, file *os.File) bool {
	answer := message{Verb: m.Verb, ID: m.ID}
	var err error
	switch m.Verb {
	case verbStart:
		answer.Program, answer.PID, err = w.start(m.Spec, file)
	case verbSignal:
		err = w.signal(m.Program, m.Signal)
	case verbEnd:
		err = w.end(m.Program)
	case verbClose:
		err = w.close()
	default:
		err = fmt.Errorf("unknown request %q", m.Verb)
	}
	answer.fail(err)
	// When hotvet is gone nobody wants the answer, and read will say so.
	_ = w.wire.send(answer, nil)
	return m.Verb != verbClose
}

// close ends all that the run has started and removes its folder.
func (w *warden) close() error {
	s := scope{guard: os.Getpid(), whole: true, entry: envRun + "=" + w.folder.mark}
	err := sweep(func() ([]int, error) { return w.left(s, w.programs) })
	return errors.Join(err, w.folder.remove())
}

// end ends what program n has started, and itself.
func (w *warden) end(n int) error {
	p, err := w.program(n)
	if err != nil {
		return err
	}
	s := scope{guard: os.Getpid(), entry: w.entry(n), whole: true}
	for _, other := range w.programs {
		s.whole = s.whole && (other == p || !other.running)
	}
	if p.running {
		s.top = p.pid
	}
	s.sessions = map[int]bool{p.pid: true}
	return sweep(func() ([]int, error) { return w.left(s, []*program{p}) })
}

// left returns what still runs in the scope. A program counts until it is reaped:
// of one with several threads the first may seem to have ended before the others.
func (w *warden) left(s scope, programs []*program) ([]int, error) {
	w.reap()
	left, err := s.members()
	for _, p := range programs {
		if p.running {
			left = append(left, p.pid)
		}
	}
	return left, err
}

// signal sends a signal to a program. The process id cannot have become another's,
// since only the guard reaps it.
func (w *warden) signal(n int, sig syscall.Signal) error {
	p, err := w.program(n)
	if err != nil {
		return err
	}
	w.reap()
	if !p.running {
		return os.NewSyscallError("kill", syscall.ESRCH)
	}
	return os.NewSyscallError("kill", syscall.Kill(p.pid, sig))
}

func (w *warden) program(n int) (*program, error) {
	if n < 1 || n > len(w.programs) {
		return nil, fmt.Errorf("there is no program %d", n)
	}
	return w.programs[n-1], nil
}

// reap takes note of the processes that have ended: programs, and what these have
// left to the guard.
func (w *warden) reap() {
	for {
		var status syscall.WaitStatus
		var usage syscall.Rusage
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, &usage)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		w.ended(pid, exitOf(status, &usage))
	}
}

// ended tells hotvet of the end of pid if that is a program.
func (w *warden) ended(pid int, exit Exit) {
	for i, p := range w.programs {
		if p.running && p.pid == pid {
			p.running = false
			_ = w.wire.send(message{Verb: verbExit, Program: i + 1, Exit: &exit}, nil)
		}
	}
}

// exitOf converts what wait4(2) returns.
func exitOf(status syscall.WaitStatus, usage *syscall.Rusage) Exit {
	exit := Exit{
		Code: status.ExitStatus(),
		Peak: int64(usage.Maxrss) << 10,
		CPU:  time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
	}
	if status.Signaled() {
		exit.Signal = status.Signal()
	}
	return exit
}
