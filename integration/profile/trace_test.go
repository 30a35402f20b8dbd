package profile

import (
	"bytes"
	"errors"
	"io"
	"runtime/trace"
	"strings"
	"testing"
	"testing/iotest"
)

// record returns a trace of some goroutines. between is called while it runs.
func record(t testing.TB, between func()) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	done := make(chan int)
	for i := range 10 {
		go func() { done <- i }()
	}
	for range 10 {
		<-done
	}
	between()
	trace.Stop()
	return buf.Bytes()
}

func TestReadTrace(t *testing.T) {
	data := record(t, func() {})
	s, err := ReadTrace(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if s.Events < 20 || s.Generations != 1 || s.Truncated || s.First >= s.Last || s.Clock == nil {
		t.Errorf("%+v", s)
	}
	other, err := ReadTrace(iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(data))))
	if err != nil || other.Events != s.Events || other.Truncated {
		t.Errorf("byte by byte: %+v, %v", other, err)
	}
}

// TestReadTraceCut cuts a trace at every place: it is always known that something
// is missing.
func TestReadTraceCut(t *testing.T) {
	data := record(t, func() {})
	for n := range data {
		s, err := ReadTrace(bytes.NewReader(data[:n]))
		switch {
		case n == 0 && !errors.Is(err, ErrEmpty):
			t.Errorf("empty: %v", err)
		case n > 0 && n < 16 && err == nil:
			t.Errorf("%d bytes: %+v, %v", n, s, err)
		case n >= 16 && (err != nil || s.Events > 0 || !s.Truncated):
			t.Errorf("%d of %d bytes: %+v, %v", n, len(data), s, err)
		}
	}
}

// TestReadTraceRunning reads what has been written of a trace that still runs.
func TestReadTraceRunning(t *testing.T) {
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	trace.Stop()
	header := buf.Bytes()[:16] // what is there until the first generation is flushed
	s, err := ReadTrace(bytes.NewReader(header))
	if err != nil || s.Events != 0 || !s.Truncated {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := s.LastBefore(1); !errors.Is(err, ErrNoEvent) {
		t.Errorf("%v", err)
	}
}

func TestReadTraceBad(t *testing.T) {
	tests := map[string]struct {
		in   io.Reader
		want string
	}{
		"text":   {strings.NewReader("this is not a trace at all"), "not an execution trace"},
		"gzip":   {strings.NewReader("\x1f\x8b\x08"), "not an execution trace"},
		"old":    {strings.NewReader("go 1.21 trace\x00\x00\x00"), "only those of Go 1.22"},
		"future": {strings.NewReader("go 1.99 trace\x00\x00\x00"), "1.99"},
		"batch":  {strings.NewReader("go 1.26 trace\x00\x00\x00" + strings.Repeat("\xee", 5000)), "damaged execution trace"},
		"reader": {iotest.ErrReader(errors.New("disk failed")), "disk failed"},
	}
	for name, tt := range tests {
		if s, err := ReadTrace(tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// TestReadTraceLarge gives one generation without an end.
func TestReadTraceLarge(t *testing.T) {
	batch := "\x01\x01\x01\x01\x80\x80\x04" + strings.Repeat("\x00", 64<<10) // EvEventBatch of 64 KB
	in := io.MultiReader(strings.NewReader("go 1.26 trace\x00\x00\x00"), strings.NewReader(strings.Repeat(batch, maxGeneration/(64<<10)+1)))
	if s, err := ReadTrace(in); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMonotonicOf(t *testing.T) {
	s := Span{Last: 1_000, Events: 1}
	if d, err := s.LastBefore(1_500); d != 500 || err != nil {
		t.Errorf("without a clock: %v, %v", d, err)
	}
	s.Clock = &Clock{Trace: 200, Mono: 10_200}
	if d, err := s.LastBefore(11_500); d != 500 || err != nil {
		t.Errorf("with a clock: %v, %v", d, err)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add(record(f, func() {}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadTrace(bytes.NewReader(data))
		if err == nil && (s.Events < 0 || s.Generations < 0 || s.Events > 0 && s.Last < s.First) {
			t.Errorf("%+v", s)
		}
	})
}
