package profile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/exp/trace"
)

// maxGeneration is how much of a trace is read for one generation, in bytes. The
// run-time ends a generation every second (runtime/trace.go), and the reader holds
// one in memory, at up to 25 times its size when the file is hostile.
const maxGeneration = 32 << 20

// A Span says what an execution trace covers.
//
// Times are those of trace.Event.Time, in nanoseconds. On Linux that is
// CLOCK_MONOTONIC rounded down to 64 ns: runtime.traceClockNow is nanotime divided
// by 64 (runtime/tracetime.go), nanotime reads CLOCK_MONOTONIC
// (runtime/sys_linux_*.s), and the reader multiplies by the frequency, 1e9/64, that
// the trace holds. Events that share a time are moved on by 1 ns each, to keep
// their order. Elsewhere the clock may be another: MonotonicOf converts.
type Span struct {
	First, Last int64 // time of the first and last event
	Events      int   // without the Sync events that the reader adds
	Generations int   // whole ones, of a second or less
	Truncated   bool  // the file ends inside a generation or before the first; what comes before is counted
	Clock       *Clock
}

// A Clock is one moment on three clocks, of the last whole generation. Traces have
// it since Go 1.25.
type Clock struct {
	Trace int64 // as Span.Last
	Mono  int64 // CLOCK_MONOTONIC in nanoseconds
	Wall  time.Time
}

// ErrNoEvent means that a trace holds no event to compare with.
var ErrNoEvent = errors.New("the trace has no event")

// MonotonicOf converts a time of the trace to CLOCK_MONOTONIC. Without a clock
// snapshot it takes them for the same, as they are on Linux.
func (s Span) MonotonicOf(t int64) int64 {
	if s.Clock == nil {
		return t
	}
	return t - s.Clock.Trace + s.Clock.Mono
}

// LastBefore returns how long before a reading of CLOCK_MONOTONIC, in nanoseconds,
// the last event happened: what a trace lost that was still running then. A trace
// that was stopped after the reading gives 0 or less.
func (s Span) LastBefore(mono int64) (time.Duration, error) {
	if s.Events == 0 {
		return 0, ErrNoEvent
	}
	return time.Duration(mono - s.MonotonicOf(s.Last)), nil
}

// ReadTrace reads an execution trace of Go 1.22 or newer to its end. A trace that was
// not stopped can end cleanly, after the last generation that was flushed: only Last
// tells then. It can also end inside one, which is no error but Truncated; stopping
// a trace ends its generation.
func ReadTrace(r io.Reader) (s Span, err error) {
	defer contain(&err)
	in := &allowance{r: r, left: maxGeneration}
	buffered := bufio.NewReader(in)
	if err := checkTraceHeader(buffered); err != nil {
		return Span{}, err
	}
	reader, err := trace.NewReader(buffered)
	if err != nil {
		return Span{}, fmt.Errorf("not a readable execution trace: %w", err)
	}
	syncs := 0
	for {
		e, err := reader.ReadEvent()
		switch {
		case err == io.EOF:
			s.Generations = max(syncs-1, 0) // the last Sync ends the trace
			s.Truncated = s.Generations == 0
			return s, nil
		case err != nil && in.refused:
			return Span{}, fmt.Errorf("%w: a generation of more than %d MB", ErrTooLarge, maxGeneration>>20)
		case err != nil && in.ended:
			// The reader wanted more than there is. A last Sync comes before the error.
			s.Truncated = true
			s.Generations = max(syncs-1, 0)
			return s, nil
		case err != nil:
			return Span{}, fmt.Errorf("damaged execution trace: %w", err)
		}
		if e.Kind() != trace.EventSync {
			s.add(int64(e.Time()))
			continue
		}
		syncs++
		in.left = maxGeneration
		if c := e.Sync().ClockSnapshot; c != nil {
			s.Clock = &Clock{Trace: int64(c.Trace), Mono: int64(c.Mono), Wall: c.Wall}
		}
	}
}

func (s *Span) add(t int64) {
	if s.Events == 0 {
		s.First = t
	}
	s.Last = t
	s.Events++
}

// checkTraceHeader refuses formats that the reader would hold in memory as a whole.
// All begin with "go 1.N trace" and zeros up to 16 bytes.
func checkTraceHeader(r *bufio.Reader) error {
	const size, oldest = 16, 22
	header, err := r.Peek(size)
	if len(header) == 0 && err == io.EOF {
		return ErrEmpty
	}
	if err != nil && err != io.EOF {
		return err
	}
	version, ok := strings.CutPrefix(strings.TrimRight(string(header), "\x00"), "go 1.")
	version, whole := strings.CutSuffix(version, " trace")
	switch minor, err := strconv.Atoi(version); {
	case ok && len(header) < size:
		return ErrTruncated
	case !ok || !whole || err != nil:
		return errors.New("not an execution trace")
	case minor < oldest:
		return fmt.Errorf("execution trace of Go 1.%d: only those of Go 1.%d and newer are read", minor, oldest)
	}
	return nil
}

// An allowance hands out left bytes and refuses more, and notes whether its reader
// has come to its end. The trace reader does not wrap all errors that it is given.
type allowance struct {
	r              io.Reader
	left           int64
	ended, refused bool
}

func (a *allowance) Read(b []byte) (int, error) {
	if a.left <= 0 {
		a.refused = true
		return 0, ErrTooLarge
	}
	n, err := a.r.Read(b[:min(int64(len(b)), a.left)])
	a.left -= int64(n)
	if err == io.EOF && n > 0 {
		return n, nil // a later call comes when more is wanted
	}
	a.ended = a.ended || err == io.EOF
	return n, err
}
