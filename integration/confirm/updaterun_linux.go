package confirm

import (
	"context"
	"os"
	"time"
)

// runsUpdate takes the program through an update. A program that is not told how to
// replace itself is stopped and started again in the same folder.
func (s *session) runsUpdate(ctx context.Context) error {
	if len(s.Scenario.Restart) > 0 && !s.Scenario.Ends {
		return s.updateHot(ctx)
	}
	for phase := range 3 {
		if phase > 0 {
			s.finish(ctx)
			if err := s.proc.Close(); err != nil {
				return err
			}
			if phase == 2 {
				if err := s.installUpdate(); err != nil {
					return err
				}
			}
			if err := s.launch(); err != nil {
				return err
			}
		}
		if err := s.serve(ctx); err != nil {
			return err
		}
	}
	return nil
}

// updateHot has the program replace itself twice: by itself, and by the new build.
func (s *session) updateHot(ctx context.Context) error {
	if err := s.serve(ctx); err != nil {
		return err
	}
	if err := s.restart(ctx); err != nil {
		return err
	}
	s.awaitHandover(ctx)
	if err := s.installUpdate(); err != nil {
		return err
	}
	return s.restart(ctx)
}

// awaitHandover waits, but not for long, for the end of a process that has started
// another in its place.
func (s *session) awaitHandover(ctx context.Context) {
	s.mu.Lock()
	handed := len(s.images) > 0 && s.images[len(s.images)-1].pid != s.proc.PID()
	s.mu.Unlock()
	if !handed {
		return
	}
	select {
	case <-s.proc.Done():
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
	}
}

// installUpdate puts the new binary in the place of the old one.
func (s *session) installUpdate() error {
	s.mu.Lock()
	s.obs.Installed = true
	s.mu.Unlock()
	return os.Rename(s.update, s.binary)
}
