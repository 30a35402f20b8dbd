package confirm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/process"
)

// ready waits until the program serves, and refuses one that other machines could
// reach.
func (s *session) ready(ctx context.Context, fails string, limit Duration) error {
	r := s.Scenario.Ready
	err := s.step(ctx, fails, limit, func(ctx context.Context) error {
		for _, wait := range []struct {
			wanted bool
			holds  func(context.Context) bool
		}{
			{r.File != "", s.fileExists},
			{r.Log != "", s.logSays},
			{r.Address != "", s.accepts},
			{r.URL != "", s.answers},
			{r.File == "" && r.Log == "" && r.Address == "" && r.URL == "", s.listens},
		} {
			if !wait.wanted {
				continue
			}
			if err := poll(ctx, wait.holds); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return s.hintReady(err)
	}
	list, err := s.addresses()
	if err != nil {
		return err
	}
	s.happened(finding.EventListening, fmt.Sprint(list))
	return nil
}

// hintReady says what can be done about a program that does not come to serve.
func (s *session) hintReady(err error) error {
	late := errors.Is(err, errLimit)
	switch {
	case late && s.Scenario.Ready == (Ready{}):
		return &hinted{err, "it was not seen to listen: -timeout gives it more time, -ready or a scenario says how else to see that it serves, or that it ends by itself"}
	case late:
		return &hinted{err, "-timeout gives it more time"}
	case errors.Is(err, errEnded) && !s.obs.Restarted && s.proc.Exit().Code == 0:
		return &hinted{err, "a program that goes into the background must be told to stay; one that is no server needs a scenario with ends: true"}
	}
	return err
}

// poll waits until something holds.
func poll(ctx context.Context, holds func(context.Context) bool) error {
	for !holds(ctx) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

func (s *session) fileExists(context.Context) bool {
	_, err := os.Stat(filepath.Join(s.work(), s.Scenario.Ready.File))
	return err == nil
}

func (s *session) logSays(context.Context) bool {
	return regexp.MustCompile("(?m)" + s.Scenario.Ready.Log).MatchString(s.proc.Output())
}

func (s *session) accepts(ctx context.Context) bool {
	network, address := "tcp", s.expand(s.Scenario.Ready.Address)
	if filepath.IsAbs(address) {
		network = "unix"
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func (s *session) answers(ctx context.Context) bool {
	for _, t := range targets([]Request{{URL: s.Scenario.Ready.URL}}, s.listeners()) {
		resp, err := t.do(ctx, newClient(t.address, time.Second))
		if err != nil {
			return false
		}
		resp.Body.Close()
		if resp.StatusCode >= http.StatusBadRequest {
			return false
		}
	}
	return true
}

// listens reports whether the program listens, and on the same addresses as a
// moment before: a server opens them one after the other.
func (s *session) listens(context.Context) bool {
	before := s.listeners()
	time.Sleep(20 * time.Millisecond)
	now := s.listeners()
	return len(now) > 0 && fmt.Sprint(before) == fmt.Sprint(now)
}

// listeners returns the addresses of the process that serves.
func (s *session) listeners() []process.Address {
	s.mu.Lock()
	pid := s.current()
	s.mu.Unlock()
	list, err := process.Listeners(pid)
	if err != nil {
		return nil // it has ended, which the step sees
	}
	return list
}

// addresses returns where the program serves.
func (s *session) addresses() ([]process.Address, error) {
	list := s.listeners()
	for _, a := range list {
		if !a.Local {
			return nil, fmt.Errorf("the program listens on %v, which other machines can reach: give it a loopback address", a)
		}
	}
	return list, nil
}

func (s *session) targets() ([]target, error) {
	list, err := s.addresses()
	return targets(s.Scenario.Load, list), err
}
