// Package observe runs a program of the corpus as a service, and tells what
// became of the profile that the service was writing.
//
// The program is started twice. The first process watches: it starts the
// program again, in a folder of its own, sends it signals and requests when it
// is ready, and prints one line, "lost: ..." or "kept: ...". When the service
// executes itself in place, the new image only notes whether a profiling timer
// of the old one is still alive.
package observe

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Service is the service as the process that watches it sees it.
type Service struct {
	Dir     string // folder of the service, removed at the end
	Address string // where it listens, if it said so
	Stderr  bytes.Buffer
	Killed  syscall.Signal // what ended it, or 0

	cmd *exec.Cmd
}

const folder = "OBSERVE_DIR"

// Begin returns the folder that the service may write to. In the process that
// watches it never returns: judge tells what was lost, or "" if nothing was.
// The signals are sent once the service is ready.
func Begin(judge func(*Service) (lost, kept string), signals ...syscall.Signal) string {
	dir := os.Getenv(folder)
	if dir == "" {
		os.Exit(watch(judge, signals))
	}
	if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
		successor(dir)
		os.Exit(0)
	}
	note(dir, "started", "")
	return dir
}

// Ready says that the service handles signals, and where it listens.
func Ready(address string) { note(os.Getenv(folder), "ready", address) }

// Burn keeps the CPU busy for d, so that there is something to sample.
func Burn(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func note(dir, name, text string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		panic(err)
	}
}

func watch(judge func(*Service) (string, string), signals []syscall.Signal) int {
	dir, err := os.MkdirTemp("", "observe-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s := &Service{Dir: dir, cmd: exec.Command(os.Args[0])}
	s.cmd.Env = append(os.Environ(), folder+"="+dir)
	s.cmd.Stderr = &s.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		panic(err)
	}
	limit := time.AfterFunc(4*time.Second, func() { s.cmd.Process.Kill() })
	defer limit.Stop()
	if len(signals) > 0 {
		s.send(signals)
	}
	s.wait()
	lost, kept := judge(s)
	if lost != "" {
		fmt.Println("lost:", lost)
		return 0
	}
	fmt.Println("kept:", kept)
	return 0
}

func (s *Service) send(signals []syscall.Signal) {
	for range 300 {
		address, err := os.ReadFile(filepath.Join(s.Dir, "ready"))
		if err == nil {
			s.Address = string(address)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	request := s.request()
	for _, sig := range signals {
		time.Sleep(100 * time.Millisecond)
		s.cmd.Process.Signal(sig)
	}
	if request != nil {
		note(s.Dir, "request", <-request)
	}
}

func (s *Service) wait() {
	s.cmd.Wait()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		s.Killed = status.Signal()
	}
}
