package watch

import (
	"context"
	"time"
)

// Watch makes rounds on schedule until ctx ends, which is no error, or emit fails. A
// round that takes longer than the interval makes the next ones late by whole intervals.
func (w *Watcher) Watch(ctx context.Context, emit func(Round) error) error {
	defer w.source.close()
	next := time.Now()
	for {
		r, err := w.Round(ctx)
		if err != nil {
			return nil // ctx has ended
		}
		if err := emit(r); err != nil {
			return err
		}
		for next = next.Add(w.config.Interval); next.Before(time.Now()); {
			next = next.Add(w.config.Interval)
		}
		if !pause(ctx, time.Until(next)) {
			return nil
		}
	}
}

// Once makes one round and compares it with what is in the store. If that has
// nothing, it makes two rounds, an interval apart.
func (w *Watcher) Once(ctx context.Context, emit func(Round) error) error {
	defer w.source.close()
	for {
		begin := time.Now()
		r, err := w.Round(ctx)
		if err != nil {
			return err
		}
		if err := emit(r); err != nil {
			return err
		}
		if len(r.Diffs) > 0 || len(r.Errors) > 0 {
			return nil
		}
		if !pause(ctx, w.config.Interval-time.Since(begin)) {
			return ctx.Err()
		}
	}
}

// pause waits, and reports whether ctx is still there.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
