package symtab

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFollower holds the follower against the search, for addresses that rise and fall.
func TestFollower(t *testing.T) {
	table := &Table{Funcs: []Func{
		{0x100, 0x180, "a"}, {0x180, 0x180, "empty"}, {0x180, 0x200, "b"}, {0x240, 0x280, "c"},
	}}
	source := rand.New(rand.NewPCG(1, 2))
	w := follower{table: table}
	found := 0
	for range 5000 {
		pc := 0xf0 + source.Uint64N(0x1a0)
		want, known := table.Lookup(pc)
		at, ok := w.lookup(pc)
		if ok != known || ok && table.Funcs[at] != want {
			t.Fatalf("%#x: %d %v, want %+v %v", pc, at, ok, want, known)
		}
		if ok {
			found++
		}
	}
	if found == 0 || found == 5000 {
		t.Errorf("%d of 5000 addresses are in a function", found)
	}
}

// TestSameNames compares tables in which several functions share a name.
func TestSameNames(t *testing.T) {
	old := &Table{Funcs: []Func{
		{0x100, 0x200, "stays"}, {0x200, 0x300, "twice"}, {0x300, 0x400, "twice"}, {0x400, 0x500, "gone"}, {0x500, 0x600, "moves"},
	}}
	new := &Table{Funcs: []Func{
		{0x100, 0x200, "stays"}, {0x200, 0x280, "moves"}, {0x300, 0x400, "twice"}, {0x400, 0x500, "twice"}, {0x500, 0x600, "new"}, {0x600, 0x700, "new"},
	}}
	m, err := Compare(old, new)
	if err != nil {
		t.Fatal(err)
	}
	if m.Stayed != 2 || m.Moved != 2 || m.Removed != 1 || m.Added != 2 {
		t.Errorf("%+v", m)
	}
	want := []Move{{"twice", 0x200, 0x300}, {"gone", 0x400, 0}, {"moves", 0x500, 0x200}}
	if len(m.Examples) != len(want) {
		t.Fatalf("%+v", m.Examples)
	}
	for i := range want {
		if m.Examples[i] != want[i] {
			t.Errorf("%+v, want %+v", m.Examples[i], want[i])
		}
	}
}

// shrinking is a file that is cut to nothing after some reads.
type shrinking struct {
	file *bytes.Reader
	left int
}

func (s *shrinking) ReadAt(p []byte, off int64) (int, error) {
	if s.left--; s.left < 0 {
		return bytes.NewReader(nil).ReadAt(p, off)
	}
	return s.file.ReadAt(p, off)
}

// TestShrinks cuts the file after each of the reads.
func TestShrinks(t *testing.T) {
	data := goImage()
	whole := &shrinking{bytes.NewReader(data), 1000}
	if _, err := read(whole, int64(len(data))); err != nil {
		t.Fatal(err)
	}
	for reads := range 1000 - whole.left {
		_, err := read(&shrinking{bytes.NewReader(data), reads}, int64(len(data)))
		if err == nil || strings.Contains(err.Error(), "runtime error") {
			t.Errorf("cut after %d of %d reads: %v", reads, 1000-whole.left, err)
		}
	}
}
