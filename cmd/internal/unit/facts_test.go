package unit

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func same(a, b packageFacts) bool { return a.names == b.names && bytes.Equal(a.facts, b.facts) }

func TestFactFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "vetx")
	want := factFile{"b": {"F G", []byte("facts of b")}, "a": {}, "long": {"*", bytes.Repeat([]byte("x"), 1000)}}
	if err := writeFacts(name, want); err != nil {
		t.Fatal(err)
	}
	got := make(factFile)
	if err := readFacts(name, got); err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(got, want, same) {
		t.Errorf("read %v, want %v", got, want)
	}

	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data[:len(data)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	if err := readFacts(name, got); err == nil || !strings.Contains(err.Error(), "is cut") {
		t.Errorf("cut file: error %v", err)
	}
	// The file of another tool, x/tools' unitchecker for instance.
	if err := os.WriteFile(name, []byte("vetx\x00\x00\x00\x00\x00\x00\x00\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := readFacts(name, got); err == nil || !strings.Contains(err.Error(), "not a fact file") {
		t.Errorf("foreign file: error %v", err)
	}
}

func TestNoFactsIsNothingButMagic(t *testing.T) {
	name := filepath.Join(t.TempDir(), "vetx")
	if err := writeFacts(name, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil || string(data) != magic {
		t.Errorf("file is %q, %v", data, err)
	}
}

// FuzzFactFile holds that a damaged file is an error, never a crash.
func FuzzFactFile(f *testing.F) {
	f.Add([]byte(magic))
	f.Add([]byte(magic + "\x01a\x01F\x02xy"))
	f.Add([]byte(magic + "\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	name := filepath.Join(f.TempDir(), "vetx")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		got := make(factFile)
		if err := readFacts(name, got); err != nil {
			return
		}
		if err := writeFacts(name, got); err != nil {
			t.Fatal(err)
		}
		again := make(factFile)
		if err := readFacts(name, again); err != nil || !maps.EqualFunc(got, again, same) {
			t.Fatalf("%v became %v: %v", got, again, err)
		}
	})
}
