package profile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// written returns the profile as it is in a file.
func written(t testing.TB, stacks map[string]int64) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := cpu(3, stacks).Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// zipped compresses bytes.
func zipped(data []byte) []byte {
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	gz.Write(data)
	gz.Close()
	return buf.Bytes()
}

// message encodes a field that has a length.
func message(tag byte, payload string) []byte {
	return append(binary.AppendUvarint([]byte{tag}, uint64(len(payload))), payload...)
}

func TestRead(t *testing.T) {
	p, err := Read(bytes.NewReader(written(t, map[string]int64{"f<main": 2, "g<main": 1})))
	if err != nil {
		t.Fatal(err)
	}
	got := Describe(p)
	want := Info{CPU: true, Samples: 2, Start: time.Unix(1_700_000_000, 0), Duration: 3 * time.Second, Period: 10_000_000, Unit: "nanoseconds"}
	if got != want {
		t.Errorf("got %+v", got)
	}
}

// TestReadRuntime reads what this run-time writes.
func TestReadRuntime(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "cpu")) // another goroutine writes
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		t.Fatal(err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v: bytes are written before the profile is stopped", info, err)
	}
	pprof.StopCPUProfile()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	p, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if i := Describe(p); !i.CPU || i.Duration <= 0 || i.Period != 10_000_000 || i.Window() == nil {
		t.Errorf("CPU profile: %+v", i)
	}
	var heap bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&heap, 0); err != nil {
		t.Fatal(err)
	}
	if p, err = Read(&heap); err != nil {
		t.Fatal(err)
	}
	if i := Describe(p); i.CPU || i.Window() != nil {
		t.Errorf("heap profile: %+v", i)
	}
}

// TestReadPlain reads what was decompressed.
func TestReadPlain(t *testing.T) {
	var plain bytes.Buffer
	if err := cpu(3, map[string]int64{"f<main": 2}).WriteUncompressed(&plain); err != nil {
		t.Fatal(err)
	}
	whole := plain.Bytes()
	if p, err := Read(bytes.NewReader(whole)); err != nil || !Describe(p).CPU || len(p.Sample) != 1 {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := Read(bytes.NewReader(whole[:len(whole)-3])); !errors.Is(err, ErrFormat) {
		t.Errorf("cut: %v, %v", p, err)
	}
	if _, err := Read(bytes.NewReader(make([]byte, maxPlain+1))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large: %v", err)
	}
}

// TestReadOther: what is often taken for a profile is called by its name.
func TestReadOther(t *testing.T) {
	for text, want := range map[string]string{
		"go 1.26 trace\x00\x00\x00":                "an execution trace",
		"\n<!doctype html><html>":                  "a web page",
		"goroutine 1 [running]:\nmain.main()\n":    "debug=1 or 2",
		"hello, this is a log file of a service\n": "damaged protocol buffer",
	} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, p := range pprof.Profiles() {
		var text bytes.Buffer
		if err := p.WriteTo(&text, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&text); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "debug=1 or 2") {
			t.Errorf("%s: %v", p.Name(), err)
		}
	}
}

func TestReadBad(t *testing.T) {
	good := written(t, map[string]int64{"f<main": 2})
	damaged := bytes.Clone(good)
	damaged[len(damaged)-6] ^= 0xff // in the checksum
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, ErrEmpty},
		{"one byte", good[:1], ErrTruncated},
		{"header", good[:5], ErrTruncated},
		{"cut", good[:len(good)-1], ErrTruncated},
		{"half", good[:len(good)/2], ErrTruncated},
		{"checksum", damaged, ErrFormat},
		{"text", []byte("go 1.26 trace\x00\x00\x00"), ErrFormat},
		{"other gzip", zipped([]byte("hello, this is a log file\n")), ErrFormat},
		{"nothing inside", zipped(nil), ErrFormat},
		{"no types", zipped([]byte{0x50, 0x01}), ErrFormat},
		{"long field", zipped([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f}), ErrFormat},
		{"bomb", zipped(make([]byte, maxPlain+1)), ErrTooLarge},
		{"field inside", zipped([]byte{0x12, 0x02, 0x12, 0x05}), ErrFormat},
		{"many labels", zipped(message(0x12, strings.Repeat("\x1a\x00", maxMessages+2))), ErrTooLarge},
		{"many lines", zipped(message(0x22, strings.Repeat("\x22\x00", maxMessages+2))), ErrTooLarge},
		{"many comments", zipped(message(0x6a, strings.Repeat("\x01", maxMessages+2))), ErrTooLarge},
		{"many locations", zipped(message(0x12, "\x0a"+string(binary.AppendUvarint(nil, maxNumbers+2))+strings.Repeat("\x01", maxNumbers+2))), ErrTooLarge},
		{"many samples", zipped([]byte(strings.Repeat("\x12\x00", maxMessages+2))), ErrTooLarge},
	}
	for _, tt := range tests {
		if p, err := Read(bytes.NewReader(tt.data)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v", tt.name, p, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, map[string]int64{"f<main": 2}))
	var plain bytes.Buffer
	if err := cpu(1, map[string]int64{"f<main": 2}).WriteUncompressed(&plain); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		// The fuzzer does not come through a checksum: compress for it.
		for _, data := range [][]byte{data, zipped(data)} {
			p, err := Read(bytes.NewReader(data))
			if err != nil {
				continue
			}
			Describe(p).Window()
			if d, err := Compare(p, p); err == nil && (d.Stacks != 1 || d.Shift != 0 || d.Moved != 0 || d.Alike != 1 || !(d.Chance >= 0 && d.Chance <= 1)) {
				t.Errorf("a profile differs from itself: %+v", d)
			}
		}
	})
}
