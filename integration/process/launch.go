//go:build linux

package process

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// start starts a program in a session of its own, so that a Ctrl-C meant for
// hotvet does not reach it.
func (w *warden) start(s *Spec, output *os.File) (n, pid int, err error) {
	if s == nil || output == nil {
		return 0, 0, errors.New("request without a program or an output")
	}
	defer output.Close()
	p := new(program)
	w.programs = append(w.programs, p)
	n = len(w.programs)
	restore, err := limitFiles(s.MaxFile)
	if err != nil {
		return 0, 0, err
	}
	p.pid, err = syscall.ForkExec(s.Path, append([]string{s.Path}, s.Args...), &syscall.ProcAttr{
		Dir: s.Dir,
		// Environ leaves the last of several entries of one name.
		Env:   (&exec.Cmd{Env: append(s.Env, w.entry(n))}).Environ(),
		Files: []uintptr{w.null.Fd(), output.Fd(), output.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	restore()
	if err != nil {
		return 0, 0, os.NewSyscallError("fork/exec "+s.Path, err)
	}
	p.running = true
	return n, p.pid, nil
}

// entry returns what marks a program in its environment. The last dot keeps
// program 1 from being taken for program 10.
func (w *warden) entry(n int) string {
	return envRun + "=" + w.folder.mark + "." + strconv.Itoa(n) + "."
}

// limitFiles bounds the size of the files that processes forked before restore is
// called can write.
func limitFiles(size int64) (restore func(), err error) {
	if size <= 0 {
		return func() {}, nil
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		return nil, os.NewSyscallError("getrlimit", err)
	}
	// Only the limit in force is changed: the guard could not raise the other
	// again. No program is known that raises it for itself.
	limit := unix.Rlimit{Cur: min(uint64(size), before.Max), Max: before.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return nil, os.NewSyscallError("setrlimit", err)
	}
	return func() { unix.Setrlimit(unix.RLIMIT_FSIZE, &before) }, nil
}
