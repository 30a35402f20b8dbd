package profile

import (
	"errors"
	"time"
)

// A Window is the time that one profile covers.
type Window struct {
	Start    time.Time
	Duration time.Duration
}

// End is the end of sampling.
func (w Window) End() time.Time { return w.Start.Add(w.Duration) }

// Window returns the time that the profile covers, nil when it does not say when it
// began or how long it took, as a profile of the heap.
func (i Info) Window() *Window {
	if i.Start.IsZero() || i.Duration <= 0 {
		return nil
	}
	return &Window{i.Start, i.Duration}
}

// Reasons for which there is no gap to tell.
var (
	ErrNoOld   = errors.New("no valid profile from before the restart")
	ErrNoNew   = errors.New("no valid profile from after the restart: sampling has not resumed")
	ErrSwapped = errors.New("the profile from after the restart begins before the one from before it")
)

// Gap returns how long sampling was interrupted between the last profile before a
// restart and the first after it; 0 when they meet or overlap. A nil window is one
// that could not be read.
//
// Both times are of the wall clock, as the profiled processes saw it when each
// profile began (runtime/pprof/proto.go): a clock that was set in between is not noticed.
func Gap(old, new *Window) (time.Duration, error) {
	switch {
	case old == nil:
		return 0, ErrNoOld
	case new == nil:
		return 0, ErrNoNew
	case new.Start.Before(old.Start):
		return 0, ErrSwapped
	}
	return max(new.Start.Sub(old.End()), 0), nil
}
