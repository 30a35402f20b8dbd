package symplot

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/symtab"
)

// run makes n functions of 16 bytes from an address on.
func run(from uint64, pkg string, n int) (list []symtab.Func) {
	for i := range uint64(n) {
		list = append(list, symtab.Func{Entry: from + 16*i, End: from + 16*i + 16, Name: fmt.Sprintf("%s.f%d", pkg, i)})
	}
	return list
}

// TestPlots draws what can be said of in numbers.
func TestPlots(t *testing.T) {
	old := append(run(0x1000, "a/b", 50), run(0x1000+50*16, "c", 50)...)
	// b stays, c moves by the length of one function, which is new.
	new := append(run(0x1000, "a/b", 50), symtab.Func{Entry: 0x1000 + 50*16, End: 0x1000 + 51*16, Name: "c.new"})
	new = append(new, run(0x1000+51*16, "c", 50)...)
	p := plots(old, new)[0]
	if p.Stayed != "M0.0 0H495.0L495.0 190H0.0Z" {
		t.Errorf("stayed: %s", p.Stayed)
	}
	if p.Moved != "M495.0 0H990.1L1000.0 190H505.0Z" {
		t.Errorf("moved: %s", p.Moved)
	}
	if p.Gone != "" || p.Added != "M495.0 0H505.0V8H495.0Z" {
		t.Errorf("gone %q, added %q", p.Gone, p.Added)
	}
	if len(p.Old) != 2 || len(p.New) != 2 || p.Old[0].Name != "a/b" || p.Old[0].Label != "b" || p.Old[1].X != "49.5%" {
		t.Errorf("%+v, %+v", p.Old, p.New)
	}
	if p.Far == nil || len(p.Far.Ticks) != 1 || p.Far.Ticks[0].Label != "stays" || strings.Count(p.Far.Moved, " 12h1") == 0 || !strings.HasPrefix(p.Far.Stayed, "M0 228h1") {
		t.Errorf("%+v", p.Far)
	}
	if same := plots(old, old); len(same) != 1 || same[0].Far != nil || same[0].Moved != "" {
		t.Errorf("the same: %+v", same)
	}
}

// TestZoom holds that a small change gets a plot of its own.
func TestZoom(t *testing.T) {
	old := append(run(0x1000, "a", 1000), run(0x100000, "z", 10)...)
	new := append(run(0x1000, "a", 1000), run(0x100010, "z", 10)...)
	list := plots(old, new)
	if len(list) != 2 || list[0].Zoom || !list[1].Zoom {
		t.Fatalf("%d plots", len(list))
	}
	if z := list[1]; len(z.Old) != 1 || z.Old[0].Name != "z" || z.Moved != "M0.0 0H909.1L1000.0 190H90.9Z" || z.Stayed != "" {
		t.Errorf("%+v", z)
	}
}

// TestExtremes draws tables as no linker makes them.
func TestExtremes(t *testing.T) {
	far := []symtab.Func{{Entry: 0, End: 1, Name: "a.a"}, {Entry: math.MaxUint64 - 1, End: math.MaxUint64, Name: "a.b"}}
	swapped := []symtab.Func{{Entry: 0, End: 1, Name: "a.b"}, {Entry: math.MaxUint64 - 1, End: math.MaxUint64, Name: "a.a"}}
	point := []symtab.Func{{Entry: 5, End: 5, Name: "a.a"}}
	for _, pair := range [][2][]symtab.Func{{far, swapped}, {point, point}, {point, far}, {far, point}, {nil, far}, {far, nil}, {nil, nil}} {
		for _, p := range plots(pair[0], pair[1]) {
			if text := fmt.Sprintf("%+v %+v", *p, p.Far); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("%v: %s", pair, text)
			}
		}
	}
}

func TestLastPart(t *testing.T) {
	for path, want := range map[string]string{"main": "main", "a/b": "b", "google.golang.org/api/compute/v1": "compute/v1", "/v1": "v1", "a/vendored": "vendored"} {
		if got := path[lastPart(path):]; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
