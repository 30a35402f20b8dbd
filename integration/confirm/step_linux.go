package confirm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/process"
)

var (
	errEnded = errors.New("the program ended")
	errLimit = errors.New("time limit")
)

// over says that something took longer than a limit of the scenario, called name.
func (d Duration) over(name string) error {
	return fmt.Errorf("%w: it took longer than %v, which limits: {%s: ...} in a scenario changes", errLimit, time.Duration(d), name)
}

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
	case ctx.Err() != nil:
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
		return &within{fmt.Sprintf("the program %s within %v%s", fails, time.Duration(limit), lastLines(s.proc.Output()))}
	}
	return fmt.Errorf("the program %s: %w", fails, err)
}

// within says what was not done in time.
type within struct{ text string }

func (w *within) Error() string { return w.text }

func (w *within) Unwrap() error { return errLimit }

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
	output = strings.TrimSpace(output)
	if output == "" {
		return "; it wrote nothing"
	}
	lines := strings.Split(output, "\n")
	if at := slices.Index(lines, crashLine(output)); at >= 0 && len(lines)-at > limit {
		return "; in its output:\n\t" + strings.Join(lines[at:at+limit], "\n\t")
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
