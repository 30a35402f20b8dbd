package confirm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/process"
)

// A scenario is one run of the program.
type scenario struct {
	Options
	socket string // where probes connect
	binary string
	own    string // folder of this run alone

	proc    *process.Process
	watched []watched

	mu         sync.Mutex
	old        *link // the newest image before the restart
	restarting bool
	child      int        // see Observation.Child
	fresh      chan *link // the image that exec made after the restart signal, held
}

// run brings the program up, restarts it and ends it. Without an observation the
// program did not get as far as the restart; with one and an error, something went
// wrong later.
func (s *scenario) run(ctx context.Context) (obs *Observation, err error) {
	hub, err := listen(s.socket, s.arrived)
	if err != nil {
		return nil, err
	}
	defer hub.close()
	env, err := s.environment()
	if err != nil {
		return nil, err
	}
	s.Progress("starting the program")
	s.mu.Lock() // an image may say hello before its process id is known here
	s.proc, err = process.Start(process.Spec{Path: s.binary, Args: s.Args, Env: env, Dir: filepath.Join(s.own, "work")})
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.proc.Close()) }()

	addresses, err := s.waitListening(ctx, s.proc.PID())
	if err != nil {
		return nil, err
	}
	obs = &Observation{PID: s.proc.PID()}
	s.Progress(fmt.Sprintf("sending requests to %v", addresses))
	obs.Before = load(ctx, addresses, s.Path, s.Requests)
	if err := s.restart(ctx, obs); err != nil || obs.New == nil {
		return obs, err
	}
	return obs, s.afterRestart(ctx, obs)
}

// arrived is told of every image that starts. All but the one that replaces the
// old image at the restart run on at once.
func (s *scenario) arrived(k *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case k.PID != s.proc.PID():
		if s.restarting {
			s.child = k.PID
		}
	case !s.restarting:
		s.old = k
	default:
		select {
		case s.fresh <- k:
			return
		default: // the new image has replaced itself again
		}
	}
	// An image that has ended already needs no release.
	_ = k.release()
}

// environment returns the program's: temporary files, and what belongs into a home
// folder, are kept in the run's folder.
func (s *scenario) environment() ([]string, error) {
	env := s.Env[:len(s.Env):len(s.Env)]
	for name, folder := range map[string]string{"TMPDIR": "tmp", "HOME": "home", "PWD": "work"} {
		path := filepath.Join(s.own, folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		env = append(env, name+"="+path)
	}
	return env, nil
}

// waitListening waits until the process pid serves, and refuses one that other
// machines could reach.
func (s *scenario) waitListening(ctx context.Context, pid int) ([]process.Address, error) {
	var list []process.Address
	err := s.step(ctx, "does not listen", func(ctx context.Context) (err error) {
		list, err = process.WaitListening(ctx, pid)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if !a.Local {
			return nil, fmt.Errorf("the program listens on %v, which other machines can reach: give it a loopback address behind --", a)
		}
	}
	return list, nil
}

// restart tells the program to replace itself and looks at what it hands over.
func (s *scenario) restart(ctx context.Context, obs *Observation) error {
	s.mu.Lock()
	s.restarting = true
	old := s.old
	s.mu.Unlock()
	if old == nil {
		return errors.New("the program serves without the probe that was built into it")
	}
	err := s.step(ctx, "does not answer the probe", func(ctx context.Context) (err error) {
		obs.Old.PID = old.PID
		obs.Old.Timer, err = old.askTimer(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if s.watched, err = writtenFiles(s.proc.PID(), old.files(), s.own); err != nil {
		return err
	}
	name := unix.SignalName(s.Restart)
	s.Progress("restarting by " + name)
	if err := s.proc.Signal(s.Restart); err != nil {
		return err
	}
	err = s.step(ctx, "does not replace itself on "+name, func(ctx context.Context) error {
		select {
		case k := <-s.fresh:
			return s.inspectNew(ctx, obs, old, k)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return s.explain(ctx, err, obs)
}

// inspectNew looks at the new image while it is held, then lets it run.
func (s *scenario) inspectNew(ctx context.Context, obs *Observation, old, k *link) error {
	// The old image's connection closes at the exec; what it said before must
	// have been read.
	select {
	case <-old.gone:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	obs.New = &Image{PID: k.PID, Timer: k.Timer}
	obs.Files = inspect(s.watched)
	return k.release()
}

// explain sees what the end of a program that did not come back means.
func (s *scenario) explain(ctx context.Context, err error, obs *Observation) error {
	if err == nil {
		return nil
	}
	if obs.New != nil || !errors.Is(err, errEnded) {
		return err
	}
	obs.Child = s.awaitChild(ctx)
	obs.Files = inspect(s.watched)
	exit := s.proc.Exit()
	if exit.Signal != 0 {
		obs.Killed = unix.SignalName(exit.Signal)
	}
	// Death by the profiling timer is what is looked for, not a failure. A Go
	// image handles SIGPROF from its start on, so only the next one dies of it.
	// And a program that hands over to a child does restart, if not by exec.
	if obs.Killed == sigProf || obs.Child != 0 {
		return nil
	}
	return err
}

// awaitChild returns the child that the ended program started after the restart
// signal. It may have started just before the end, and not have said so yet.
func (s *scenario) awaitChild(ctx context.Context) int {
	child := 0
	for wait := 0; wait < 25 && child == 0 && ctx.Err() == nil; wait++ {
		time.Sleep(20 * time.Millisecond)
		s.mu.Lock()
		child = s.child
		s.mu.Unlock()
	}
	return child
}

// afterRestart sees whether the new image serves, and ends it.
func (s *scenario) afterRestart(ctx context.Context, obs *Observation) error {
	addresses, err := s.waitListening(ctx, s.proc.PID())
	if err != nil {
		if errors.Is(err, errEnded) && s.proc.Exit().Signal != 0 {
			obs.Killed = unix.SignalName(s.proc.Exit().Signal)
		}
		return fmt.Errorf("after the restart: %w", err)
	}
	s.Progress(fmt.Sprintf("sending requests to the new image at %v", addresses))
	obs.After = load(ctx, addresses, s.Path, s.Requests)
	s.Progress("stopping the program")
	s.proc.Stop(ctx, s.Step)
	return nil
}

var (
	errEnded = errors.New("the program ended")
	errLimit = errors.New("time limit")
)

// step runs f with the time limit of a step, and no longer than the program runs.
// The error says what the program does not do and how its output ends.
func (s *scenario) step(ctx context.Context, fails string, f func(context.Context) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, s.Step, errLimit)
	defer cancel()
	watched, end := context.WithCancelCause(limited)
	defer end(nil)
	go func() {
		select {
		case <-s.proc.Done():
			end(errEnded)
		case <-watched.Done():
		}
	}()
	err := f(watched)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	// The end of the program explains any other error: its files in /proc and its
	// connections are gone with it.
	select {
	case <-s.proc.Done():
		return fmt.Errorf("the program %s: %w with %v%s", fails, errEnded, s.proc.Exit(), lastLines(s.proc.Output()))
	case <-time.After(50 * time.Millisecond):
	}
	if errors.Is(err, errLimit) {
		return fmt.Errorf("the program %s within %v%s", fails, s.Step, lastLines(s.proc.Output()))
	}
	return fmt.Errorf("the program %s: %w", fails, err)
}

// lastLines returns the end of a program's output as a part of a message.
func lastLines(output string) string {
	const limit = 10
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if lines[0] == "" {
		return "; it wrote nothing"
	}
	if len(lines) > limit {
		lines = lines[len(lines)-limit:]
	}
	return "; its output ends with:\n\t" + strings.Join(lines, "\n\t")
}
