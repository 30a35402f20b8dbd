package confirm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/finding"
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
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(s.Scenario.Limits.Run), errLimit)
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
	return err
}

// steps takes the program through its scenario.
func (s *session) steps(ctx context.Context) error {
	if s.trial == Update {
		return s.runsUpdate(ctx)
	}
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
	if err := s.reload(ctx, list); err != nil {
		return err
	}
	if err := s.restart(ctx); err != nil {
		return err
	}
	return s.raiseSignals(ctx) // last, since it may end the program
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

// hold is told of a goroutine that waits, before it loads a state for the second
// time, for a reload. A program that is not told to reload does so by itself.
func (s *session) hold(k *link) {
	s.mu.Lock()
	s.holds++
	s.mu.Unlock()
	if s.Scenario.Ends {
		time.Sleep(400 * time.Millisecond)
		k.release()
	}
}

// arrived is told of every image that starts. What the image before it in the same
// process left is looked at before it runs on.
func (s *session) arrived(k *link) {
	s.mu.Lock()
	before := s.newest(k.pid)
	if before != nil {
		before.End = Replaced
	}
	s.mu.Unlock()
	if before != nil {
		// The connection closes at the exec; what was said before must have been read.
		select {
		case <-before.gone:
		case <-time.After(5 * time.Second):
		}
		s.mu.Lock()
		s.collect(before)
		s.mu.Unlock()
		s.event(before, finding.EventEnded, "replaced by exec")
	}
	m := &image{link: k, Image: &Image{PID: k.pid, Number: k.number, Handed: k.handed}}
	s.mu.Lock()
	s.images = append(s.images, m)
	s.obs.Images = append(s.obs.Images, m.Image)
	s.mu.Unlock()
	s.event(m, finding.EventStarted, "")
	if k.updated {
		s.keepLeft(k.pid)
	}
	k.proceed(s.Scenario.Ends && s.holding)
}

// newest returns the image that a process runs, or ran last.
func (s *session) newest(pid int) (found *image) {
	for _, m := range s.images {
		if m.pid == pid {
			found = m
		}
	}
	return found
}

// collect copies what is known of an image that has ended.
func (s *session) collect(m *image) {
	m.link.mu.Lock()
	m.Image.Main, m.Rates, m.Casts = m.main, m.rates, m.casts
	m.Panics, m.Inside = m.panics, m.inside
	m.Uses, m.Spans, m.Updated = m.uses, m.spans, m.updated
	s.trace(m)
	m.Writers = make(map[int]string)
	for site, path := range m.writers {
		m.Writers[site] = shorten(path, s.own)
	}
	m.link.mu.Unlock()
	m.Counters = readCounters(filepath.Join(s.run.Folder(), countersName, fmt.Sprintf("%d-%d", m.pid, m.number)))
	m.Addresses = readAddresses(filepath.Join(s.run.Folder(), countersName, fmt.Sprintf("%d-%d", m.pid, m.number)))
	s.collectReports(m)
	if m.Files == nil {
		m.Files = inspect(m.files(), s.own)
	}
}

// files returns those that the image is known to write.
func (m *image) files() []watched {
	known := make(map[string]bool)
	for _, w := range m.watched {
		known[w.path] = true
	}
	files := slices.Clone(m.watched)
	for _, path := range m.writerFiles() {
		if !known[path] {
			files = append(files, watched{path: path})
		}
	}
	return files
}

// departed is told that nothing more comes from an image. If its process has ended,
// its files are looked at now: one that goes on beside it may write to the same.
func (s *session) departed(k *link) {
	var m *image
	replaced := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.IndexFunc(s.images, func(m *image) bool { return m.link == k }); i >= 0 {
			m = s.images[i]
		}
		return m == nil || m.End == Replaced
	}
	for wait := 0; wait < 20 && !replaced(); wait++ {
		if process.Ended(k.pid) {
			files := inspect(m.files(), s.own)
			s.mu.Lock()
			m.Files = files
			s.mu.Unlock()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// look takes note of what all running images have open, before they are told to
// end or to replace themselves.
func (s *session) look(ctx context.Context) {
	s.mu.Lock()
	images := append([]*image(nil), s.images...)
	s.mu.Unlock()
	for _, m := range images {
		if m.ended() {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		timer, err := m.askTimer(limited)
		cancel()
		files := watch(m.pid, m.writerFiles())
		s.mu.Lock()
		if err == nil {
			m.Last = timer
		}
		m.watched = files
		s.mu.Unlock()
	}
}

// event reports a moment in the life of an image.
func (s *session) event(m *image, what, text string) {
	s.Progress("", &finding.Event{
		Run: string(s.trial), At: float64(time.Since(s.began).Microseconds()) / 1000,
		PID: m.pid, Image: m.number, What: what, Text: text,
	})
}

// happened reports a moment in the life of the image that serves.
func (s *session) happened(what, text string) {
	s.mu.Lock()
	m := s.newest(s.current())
	s.mu.Unlock()
	if m != nil {
		s.event(m, what, text)
	}
}

// current returns the process that serves: the one that was started, or the child
// that it has handed over to.
func (s *session) current() int {
	if m := s.newest(s.proc.PID()); m != nil && !m.ended() {
		return m.pid
	}
	for i := len(s.images) - 1; i >= 0; i-- {
		if !s.images[i].ended() {
			return s.images[i].pid
		}
	}
	return s.proc.PID()
}

// prepare makes the folders and files of the program and returns its environment:
// temporary files, and what belongs into a home folder, are kept in the run's
// folder.
func (s *session) prepare() ([]string, error) {
	env := s.Env[:len(s.Env):len(s.Env)]
	for name, folder := range map[string]string{"TMPDIR": "tmp", "HOME": "home", "PWD": "work"} {
		path := filepath.Join(s.own, folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		env = append(env, name+"="+path)
	}
	for name, content := range s.Scenario.Files {
		if err := s.write(name, content); err != nil {
			return nil, err
		}
	}
	for name, value := range s.Scenario.Env {
		env = append(env, name+"="+s.expand(value))
	}
	env = append(env, s.reportEnv()...)
	return env, os.MkdirAll(filepath.Join(s.run.Folder(), countersName), 0o700)
}

func (s *session) work() string { return filepath.Join(s.own, "work") }

// write puts a file below the working folder.
func (s *session) write(name, content string) error {
	path := filepath.Join(s.work(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(s.expand(content)), 0o600)
}

// expand puts the working folder in the place of $WORK.
func (s *session) expand(text string) string { return strings.ReplaceAll(text, "$WORK", s.work()) }

func (s *session) expandAll(list []string) (out []string) {
	for _, text := range list {
		out = append(out, s.expand(text))
	}
	return out
}

var (
	errEnded = errors.New("the program ended")
	errLimit = errors.New("time limit")
)

// step runs f with a time limit, and no longer than any image serves. The error
// says what the program does not do and how its output ends.
func (s *session) step(ctx context.Context, fails string, limit Duration, f func(context.Context) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, time.Duration(limit), errLimit)
	defer cancel()
	watched, end := context.WithCancelCause(limited)
	defer end(nil)
	go func() {
		if s.awaitEnd(watched) {
			end(errEnded)
		}
	}()
	err := f(watched)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errLimit):
		return context.Cause(ctx)
	}
	// The end of the program explains any other error: its files in /proc and its
	// connections are gone with it.
	select {
	case <-watched.Done():
	case <-time.After(50 * time.Millisecond):
	}
	switch {
	case errors.Is(context.Cause(watched), errEnded):
		return fmt.Errorf("the program %s: %w with %v%s", fails, errEnded, s.proc.Exit(), lastLines(s.proc.Output()))
	case errors.Is(err, errLimit):
		return fmt.Errorf("the program %s within %v%s", fails, time.Duration(limit), lastLines(s.proc.Output()))
	}
	return fmt.Errorf("the program %s: %w", fails, err)
}

// awaitEnd waits until the process that was started has ended, and no child that
// it left behind serves in its place. It reports false when ctx ends before that.
func (s *session) awaitEnd(ctx context.Context) bool {
	select {
	case <-s.proc.Done():
	case <-ctx.Done():
		return false
	}
	// A child may have been started just before the end, and not have said so yet.
	for range 25 {
		s.mu.Lock()
		current := s.current()
		s.mu.Unlock()
		if current != s.proc.PID() {
			<-ctx.Done() // its end is seen by whoever asks something of it
			return false
		}
		if !s.asked || ctx.Err() != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
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

// signalName returns the name of the signal that ended the process, empty when
// none did.
func signalName(e process.Exit) string {
	if e.Signal == 0 {
		return ""
	}
	return unix.SignalName(e.Signal)
}
