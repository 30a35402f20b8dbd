package profile

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

func monotonic(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

// TestTraceClock holds that the trace's times are CLOCK_MONOTONIC, rounded down to
// 64 ns: readings of it taken around and inside the trace lie in the right order.
func TestTraceClock(t *testing.T) {
	before := monotonic(t)
	var inside int64
	data := record(t, func() { inside = monotonic(t) })
	after := monotonic(t)
	s, err := ReadTrace(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	const rounding = 64
	if s.First < before-rounding || s.First > inside || s.Last < inside-rounding || s.Last > after {
		t.Errorf("trace from %d to %d; readings %d, %d, %d", s.First, s.Last, before, inside, after)
	}
	if d := s.MonotonicOf(s.Last) - s.Last; d < -1_000_000 || d > 1_000_000 {
		t.Errorf("the snapshot maps the clock to one %d ns away", d)
	}
	if d, err := s.LastBefore(inside); err != nil || d > rounding {
		t.Errorf("the last event is %v before a reading that precedes Stop, %v", d, err)
	}
}
