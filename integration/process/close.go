//go:build linux

package process

import (
	"errors"
	"fmt"
	"time"
)

// Close ends all that the run has started and removes the folder. It fails when
// something is left, which it names, and when the guard was killed, as what was
// observed since is worth nothing. Calls after the first do nothing.
func (r *Run) Close() error {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if closed {
		return nil
	}
	err := r.closeGuard()
	r.wire.conn.Close()
	<-r.gone
	// Of an orderly end this says nothing new.
	_ = r.cmd.Wait()
	if errors.Is(err, errGuardGone) {
		err = errors.Join(err, r.takeOver())
	}
	for _, output := range r.outputs {
		output.close()
	}
	r.tasks.Wait()
	return err
}

// closeGuard asks the guard to close the run, and kills it when it does not
// answer: a program can stop its parent.
func (r *Run) closeGuard() error {
	result := make(chan error, 1)
	go func() {
		_, err := r.call(message{Verb: verbClose}, nil, nil)
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-time.After(r.patience):
	}
	r.cmd.Process.Kill()
	if err := <-result; !errors.Is(err, errGuardGone) {
		return err
	}
	return fmt.Errorf("%w, since it did not end within %v", errGuardGone, r.patience)
}

// takeOver does the work of a guard that was killed. Its programs were killed with
// it, by the parent-death signal, but not their descendants. Only one that has a
// new session and an empty environment is not found.
func (r *Run) takeOver() error {
	s := scope{sessions: r.orphaned, entry: r.Mark()}
	return errors.Join(sweep(s.members), r.folder.remove())
}
