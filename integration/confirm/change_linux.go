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
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/process"
)

// defaultWait is how long a program is given to do what a step asks of it.
const defaultWait = 300 * time.Millisecond

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
		return err
	}
	list, err := s.addresses()
	if err != nil {
		return err
	}
	s.happened(finding.EventListening, fmt.Sprint(list))
	return nil
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

// restart tells the program to replace itself, and sees whether what came in its
// place serves.
func (s *session) restart(ctx context.Context) error {
	if len(s.Scenario.Restart) == 0 || s.trial != Plain && s.trial != Update {
		return nil
	}
	s.look(ctx)
	s.beforeHandover(ctx)
	profiles := s.askProfiles(ctx)
	if s.trial == Plain && s.update != "" {
		if err := os.Rename(s.update, s.binary); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.asked = true
	count := len(s.images)
	s.mu.Unlock()
	s.obs.Restarted = true
	told := s.prepareCalls(ctx, s.Scenario.Restart[0])
	s.happened(finding.EventRestart, "")
	s.Progress("restarting the program", nil)
	asked := time.Now()
	for i, step := range s.Scenario.Restart {
		if i == 0 && told {
			continue
		}
		if err := s.act(ctx, step, 0); err != nil {
			return fmt.Errorf("restart: %w", err)
		}
	}
	err := s.step(ctx, "does not replace itself", s.Scenario.Limits.Step, func(ctx context.Context) error {
		return poll(ctx, func(context.Context) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.images) > count
		})
	})
	s.obs.Profiles = profiles()
	if err != nil {
		// Death by the profiling timer is what is looked for, not a failure.
		if errors.Is(err, errEnded) && signalName(s.proc.Exit()) == sigProf {
			return nil
		}
		return err
	}
	if err := s.afterRestart(ctx); err != nil {
		return err
	}
	s.afterHandover(ctx, asked)
	return nil
}

// afterRestart sees whether the new image serves.
func (s *session) afterRestart(ctx context.Context) error {
	if r := s.Scenario.Ready; r.Address == "" && r.URL == "" && (r.File != "" || r.Log != "") {
		time.Sleep(defaultWait)
		return nil // what made it ready once does not show whether it is so again
	}
	if err := s.ready(ctx, "does not serve after the restart", s.Scenario.Limits.Step); err != nil {
		return err
	}
	list, err := s.targets()
	if err != nil {
		return err
	}
	s.Progress(fmt.Sprintf("sending requests to %d targets of the new image", len(list)), nil)
	s.obs.After = load(ctx, list, s.Scenario.Count)
	return nil
}

// askProfiles asks every address for a profile and returns what gives the answers
// once they are there.
func (s *session) askProfiles(ctx context.Context) func() []ProfileRequest {
	if !s.profile {
		return func() []ProfileRequest { return nil }
	}
	var mu sync.Mutex
	var list []ProfileRequest
	var asking sync.WaitGroup
	for _, a := range s.listeners() {
		asking.Go(func() {
			p := askProfile(ctx, a)
			mu.Lock()
			list = append(list, p)
			mu.Unlock()
		})
	}
	time.Sleep(defaultWait) // for the requests to be in flight
	return func() []ProfileRequest {
		asking.Wait()
		return list
	}
}

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
	exit := s.proc.Exit()
	s.obs.Exit, s.obs.Code, s.obs.Signal, s.obs.Output = exit.String(), exit.Code, signalName(exit), s.proc.Output()
	s.obs.Took = time.Since(s.began)
	s.obs.Peak = exit.Peak
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.images {
		if m.End == Replaced {
			continue
		}
		select {
		case <-m.gone:
		case <-time.After(time.Second):
		}
		switch {
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
