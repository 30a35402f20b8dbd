package confirm

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/process"
)

// finish ends the program and takes note of how it ended.
func (s *session) finish(ctx context.Context) {
	s.Progress("stopping the program", nil)
	s.look(ctx)
	s.mu.Lock()
	running := make(map[*image]bool)
	for _, m := range s.images {
		running[m] = !m.ended()
	}
	s.mu.Unlock()
	grace := time.Duration(s.Scenario.Limits.Step)
	if ctx.Err() != nil {
		grace = time.Second
	}
	s.obs.Forced = !s.askToEnd(grace)
	s.askLeft(grace)
	exit := s.proc.Exit()
	s.obs.Exit, s.obs.Code, s.obs.Signal, s.obs.Output = exit.String(), exit.Code, signalName(exit), s.proc.Output()
	s.obs.Took = time.Since(s.began)
	s.obs.Peak = max(s.obs.Peak, exit.Peak)
	s.obs.CPU += exit.CPU // an update runs several processes one after the other
	s.settle(running)
}

// settle takes note of how each image ended; running are those that ran before the
// program was asked to end.
func (s *session) settle(running map[*image]bool) {
	s.mu.Lock()
	images := slices.Clone(s.images)
	s.mu.Unlock()
	// Without the lock: what is told of an image's end comes through it.
	for _, m := range images {
		m.awaitGone()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.images {
		if m.End == Replaced {
			continue
		}
		switch {
		case !m.ended():
			m.End = Runs // a child that was not asked, and that hotvet kills later
		case m.pid == s.proc.PID() && s.obs.Signal == sigProf:
			// A Go image handles SIGPROF from its start on: its successor died of it.
			m.End = Replaced
		case !running[m]:
			m.End = Exited
		case s.obs.Forced:
			m.End = Killed
		default:
			m.End = Asked
		}
		s.collect(m)
	}
}

// awaitGone waits until nothing more comes from an image, but not for a process that
// lives on. On a busy machine the connection of one that has ended closes late.
func (m *image) awaitGone() {
	const look = 20 * time.Millisecond
	alive := time.Duration(0)
	for range goneLimit / look {
		select {
		case <-m.gone:
			return
		case <-time.After(look):
		}
		if !process.Ended(m.pid) {
			alive += look
		}
		if alive > time.Second {
			return
		}
	}
}

// goneLimit is how long the connection of an ended process is waited for.
const goneLimit = 30 * time.Second

// askToEnd asks whatever runs to end, and kills it when it does not do so in time.
func (s *session) askToEnd(grace time.Duration) (ended bool) {
	stop := signal(s.Scenario.Stop)
	s.mu.Lock()
	current := s.current()
	m := s.newest(current)
	s.mu.Unlock()
	deadline := time.After(grace)
	if current != s.proc.PID() && m != nil {
		_ = unix.Kill(current, stop)
		select {
		case <-m.gone:
		case <-deadline:
			_ = unix.Kill(current, unix.SIGKILL)
			return false
		}
		deadline = time.After(grace)
	}
	select {
	case <-s.proc.Done():
		return true
	default:
	}
	_ = s.proc.Signal(stop)
	select {
	case <-s.proc.Done():
		return true
	case <-deadline:
		_ = s.proc.Signal(unix.SIGKILL)
		<-s.proc.Done()
		return false
	}
}

// askLeft asks the children to end that have outlived the process that was
// started: it may have ended just when it was asked to, having left the service to
// them. One that does not end in time runs on.
func (s *session) askLeft(grace time.Duration) {
	s.mu.Lock()
	var left []*image
	for _, m := range s.images {
		if m.pid != s.proc.PID() && m.End != Replaced && !m.ended() {
			left = append(left, m)
		}
	}
	s.mu.Unlock()
	deadline := time.After(grace)
	for _, m := range left {
		_ = unix.Kill(m.pid, signal(s.Scenario.Stop))
		select {
		case <-m.gone:
		case <-deadline:
			return
		}
	}
}
