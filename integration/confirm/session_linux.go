package confirm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/process"
)

// Names in the folder of a run, as the probe has them.
const (
	socketName   = "probe.sock"
	countersName = "counters"
)

// A session is one run of one build of the program.
type session struct {
	Options
	trial   Trial
	run     *process.Run
	binary  string
	builds  *binaries  // what the two were made from
	before  snapshot   // of the process that serves, before the restart
	update  string     // binary that replaces the other before the restart, empty for none
	own     string     // folder of this session alone
	holding bool       // goroutines are held while the program reloads
	profile bool       // profiles are asked for around the restart
	calls   bool       // calls of C are known apart by whether they began before the restart
	starts  bool       // a program that does not reach its main is looked at
	raise   []string   // signals whose handlers in C are tried
	left    []leftFile // what was in files when the new program started
	env     []string
	began   time.Time

	hub  *hub
	proc *process.Process
	obs  *Observation

	mu     sync.Mutex
	images []*image
	holds  int // goroutines that are held
	asked  bool
}

// An image is what is known of one, and the connection to it.
type image struct {
	*link
	*Image
	watched []watched
}

// observe runs the program once, through the steps of the scenario. The
// observation says how far it came, also when there is an error.
func (s *session) observe(ctx context.Context) (obs *Observation, err error) {
	s.obs = &Observation{Trial: s.trial, Dirs: []string{s.Dir}}
	if real, err := filepath.EvalSymlinks(s.Dir); err == nil {
		s.obs.Dirs = append(s.obs.Dirs, real)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(s.Scenario.Limits.Run), s.Scenario.Limits.Run.over("run"))
	defer cancel()
	s.began = time.Now()
	if s.hub, err = listen(filepath.Join(s.run.Folder(), socketName), s.arrived, s.hold, s.departed); err != nil {
		return s.obs, err
	}
	defer s.hub.close()
	if s.env, err = s.prepare(); err != nil {
		return s.obs, err
	}
	if err := s.launch(); err != nil {
		return s.obs, err
	}
	err = s.steps(ctx)
	if err != nil && s.starts {
		s.obs.Hang = s.hang()
	}
	s.finish(ctx)
	return s.obs, errors.Join(err, s.proc.Close())
}

// launch starts the program.
func (s *session) launch() (err error) {
	s.Progress(fmt.Sprintf("starting the program (%s)", s.trial), nil)
	s.mu.Lock() // an image may say hello before its process id is known here
	s.proc, err = s.run.Start(process.Spec{
		Path:    s.binary,
		Args:    s.expandAll(s.Scenario.Args),
		Env:     s.env,
		Dir:     s.work(),
		MaxFile: s.Scenario.Limits.File,
	})
	if err == nil {
		s.obs.PID = s.proc.PID()
	}
	s.mu.Unlock()
	if err != nil && s.trial != Update && strings.Contains(err.Error(), unix.ENOEXEC.Error()) {
		return fmt.Errorf("the program is built for another machine: unset GOARCH: %w", err)
	}
	return err
}

// steps takes the program through its scenario.
func (s *session) steps(ctx context.Context) error {
	if s.trial == Update {
		return s.runsUpdate(ctx)
	}
	if err := s.serve(ctx); err != nil || s.Scenario.Ends {
		return err
	}
	list, err := s.targets()
	if err != nil {
		return err
	}
	if err := s.reload(ctx, list); err != nil {
		return err
	}
	if err := s.restart(ctx); err != nil {
		return err
	}
	return s.raiseSignals(ctx) // last, since it may end the program
}

// serve has the program do its work: until its end, or by requests.
func (s *session) serve(ctx context.Context) error {
	if s.Scenario.Ends {
		return s.untilEnd(ctx)
	}
	if err := s.ready(ctx, "does not serve", s.Scenario.Limits.Ready); err != nil {
		return err
	}
	s.obs.Began = true
	list, err := s.targets()
	if err != nil {
		return err
	}
	s.Progress(fmt.Sprintf("sending requests to %d targets", len(list)), nil)
	s.obs.Before = load(ctx, list, s.Scenario.Count)
	return nil
}

// untilEnd waits for the end of a program that is not a server.
func (s *session) untilEnd(ctx context.Context) error {
	err := s.step(ctx, "does not end", s.Scenario.Limits.Run, func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if errors.Is(err, errEnded) {
		s.obs.Began = true
		return nil
	}
	return err
}
