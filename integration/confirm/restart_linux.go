package confirm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
)

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
	requests := s.loadMeanwhile(ctx)
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
		requests()
		// Death by the profiling timer is what is looked for, not a failure.
		if errors.Is(err, errEnded) && signalName(s.proc.Exit()) == sigProf {
			return nil
		}
		if errors.Is(err, errLimit) {
			err = &hinted{err, "-restart SIGNAL or a scenario says what makes it replace itself, -timeout gives it more time"}
		}
		return err
	}
	err = s.afterRestart(ctx)
	if sum := requests(); s.obs.Handover != nil {
		s.obs.Handover.Requests = sum
	}
	if err != nil {
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

// loadMeanwhile sends requests until what it returns is called, which tells how many
// were answered. Only a program that has answered before is asked.
func (s *session) loadMeanwhile(ctx context.Context) func() Load {
	list, err := s.targets()
	if s.trial != Plain || err != nil || s.obs.Before.Answered == 0 {
		return func() Load { return Load{} }
	}
	loaded, stop := context.WithCancel(ctx)
	var sum Load
	var loading sync.WaitGroup
	loading.Go(func() { sum = load(loaded, list, 0) })
	return func() Load {
		stop()
		loading.Wait()
		return sum
	}
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
