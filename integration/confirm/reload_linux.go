package confirm

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/finding"
)

// defaultWait is how long a program is given to do what a step asks of it.
const defaultWait = 300 * time.Millisecond

// reload tells the program to reload, as often as the scenario says, while it is
// under load.
func (s *session) reload(ctx context.Context, list []target) error {
	if len(s.Scenario.Reload) == 0 || s.trial == Update {
		return nil
	}
	loaded, stop := context.WithCancel(ctx)
	var sum Load
	var loading sync.WaitGroup
	loading.Go(func() { sum = load(loaded, list, 0) })
	err := s.reloads(ctx)
	stop()
	loading.Wait()
	s.obs.During = sum
	return err
}

func (s *session) reloads(ctx context.Context) error {
	time.Sleep(defaultWait) // for requests to be under way
	s.noteEarlier()
	for round := range s.Scenario.Reloads {
		s.holdSome(ctx)
		s.Progress(fmt.Sprintf("reloading, %d of %d", round+1, s.Scenario.Reloads), nil)
		s.happened(finding.EventReload, "")
		for _, step := range s.Scenario.Reload {
			if err := s.take(ctx, step, round); err != nil {
				return fmt.Errorf("reload: %w", err)
			}
		}
		s.obs.Reloads++
		s.releaseAll()
		select {
		case <-s.proc.Done():
			return s.step(ctx, "does not survive a reload", s.Scenario.Limits.Step, func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			})
		default:
		}
	}
	return nil
}

// releaseAll lets the goroutines that waited for the reload run on.
func (s *session) releaseAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.images {
		m.release()
	}
}

// take takes one step and waits for what follows from it.
func (s *session) take(ctx context.Context, step Step, round int) error {
	if err := s.act(ctx, step, round); err != nil {
		return err
	}
	wait := time.Duration(step.Wait)
	if wait == 0 {
		wait = defaultWait
	}
	select {
	case <-time.After(wait):
	case <-s.proc.Done():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

func (s *session) act(ctx context.Context, step Step, round int) error {
	switch {
	case step.Signal != "":
		s.obs.Sent = unix.SignalName(signal(step.Signal))
		s.mu.Lock()
		pid := s.current()
		s.mu.Unlock()
		if pid == s.proc.PID() {
			return s.proc.Signal(signal(step.Signal))
		}
		return unix.Kill(pid, signal(step.Signal))
	case step.URL != "":
		return s.call(ctx, step)
	}
	for name, contents := range step.Write {
		if err := s.write(name, contents[round%len(contents)]); err != nil {
			return err
		}
	}
	return nil
}

// call makes the HTTP request of a step. It must be answered.
func (s *session) call(ctx context.Context, step Step) error {
	method := step.Method
	if method == "" {
		method = http.MethodPost
	}
	for _, t := range targets([]Request{{URL: step.URL, Method: method, Body: step.Body}}, s.listeners()) {
		resp, err := t.do(ctx, newClient(t.address, time.Duration(s.Scenario.Limits.Step)))
		if err != nil {
			// An image that replaces itself while it answers is what was asked for.
			if s.asked {
				return nil
			}
			return err
		}
		resp.Body.Close()
		if resp.StatusCode >= http.StatusBadRequest {
			return fmt.Errorf("%s %s: %s", method, step.URL, resp.Status)
		}
	}
	return nil
}
