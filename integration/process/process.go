//go:build linux

// Package process runs a program that may do anything and sees to it that nothing
// of it stays: it and its descendants end with the run, and the run's folder goes,
// in whichever way the run ends, a kill -9 of hotvet included.
//
// A Run has a guard, a second process of this same binary. The guard makes the
// folder and is the parent of the programs, and as a subreaper (prctl(2),
// PR_SET_CHILD_SUBREAPER) it becomes the parent of whatever they leave behind. So
// all that a program started is below the guard in the tree of processes, whatever
// it did to its session and environment.
//
// The rest of the package observes processes through /proc. Reading is apart from
// parsing, and a process that ends while it is looked at gives an error that is
// fs.ErrNotExist or ESRCH.
package process

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Spec says what to run.
type Spec struct {
	Path string   // of the binary
	Args []string // without the program's name
	Env  []string // the whole environment; of a name that comes twice, the last counts
	Dir  string   // working folder
	// MaxFile is the size in bytes beyond which no file can be written, 0 for any
	// (setrlimit(2), RLIMIT_FSIZE). It bounds each file, not their sum.
	MaxFile int64
}

// An Exit is how a process ended.
type Exit struct {
	Code   int            // -1 when a signal ended it
	Signal syscall.Signal // 0 when it exited
	// Peak is the largest resident set of the process or of a child it waited for,
	// in bytes (ru_maxrss, getrusage(2)). It is at least the guard's own, some
	// megabytes, whose memory the process shared until its exec. It is 0 when the
	// guard was killed and nobody measured.
	Peak int64
	// CPU is the user and system time of the process and the children it waited for.
	CPU time.Duration
}

func (e Exit) String() string {
	switch {
	case e.Signal == unix.SIGXFSZ:
		return "killed by SIGXFSZ: it wrote a file beyond the size limit"
	case e.Signal != 0:
		return "killed by " + signalName(e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// A Process is a started program.
type Process struct {
	pid     int
	output  *tail
	done    chan struct{}
	exit    Exit // valid when done is closed
	full    fullFiles
	capture *capture // feeds output

	signal func(syscall.Signal) error // fails with os.ErrProcessDone after the end
	end    func() error               // see Close
}

// PID returns the process id, which stays the same across exec.
func (p *Process) PID() int { return p.pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit waits for the end of the process and says how it ended.
func (p *Process) Exit() Exit {
	<-p.done
	return p.exit
}

// Output returns what the process and its descendants wrote to standard output and
// standard error; of more than 64 KiB, the last.
func (p *Process) Output() string { return p.output.String() }

// Signal sends sig to the process alone.
func (p *Process) Signal(sig syscall.Signal) error { return p.signal(sig) }

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
// session, and returns when they are gone. It fails when one survives. What a
// program left behind that has a new session, an empty environment and no living
// parent cannot be told from the like of another program of the same run: it ends
// with the last of the programs that run.
func (p *Process) Close() error { return p.end() }

// FullFiles returns the paths, relative to the run's folder, of the files that
// have reached Spec.MaxFile; none without such a limit. A program in C dies of
// SIGXFSZ when it writes on, one in Go gets EFBIG, "file too large", and may say
// so or not.
func (p *Process) FullFiles() ([]string, error) {
	if p.full.size <= 0 {
		return nil, nil
	}
	return p.full.list()
}

// fullFiles finds the files in a folder that have at least a size.
type fullFiles struct {
	folder string
	size   int64
}

func (f fullFiles) list() ([]string, error) {
	var list []string
	err := filepath.WalkDir(f.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return skipMissing(err)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return skipMissing(err)
		}
		if info.Size() < f.size {
			return nil
		}
		rel, err := filepath.Rel(f.folder, path)
		list = append(list, rel)
		return err
	})
	return list, err
}
