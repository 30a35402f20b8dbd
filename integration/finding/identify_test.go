package finding_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// at returns a finding at the n-th occurrence of the text in src.
func at(src, text string, n int) *finding.Finding {
	offset := 0
	for ; n > 0; n-- {
		offset += strings.Index(src[offset:], text) + len(text)
	}
	offset += strings.Index(src[offset:], text)
	position := func(offset int) finding.Position {
		before := src[:offset]
		return finding.Position{File: "dir/a.go", Line: strings.Count(before, "\n") + 1, Column: offset - strings.LastIndex(before, "\n")}
	}
	return &finding.Finding{Analyzer: "a", Category: "a/k", Package: "p", Message: "m", Posn: position(offset), End: position(offset + len(text))}
}

func identify(src string, list ...*finding.Finding) {
	finding.Identify(list, func(string) ([]byte, error) { return []byte(src), nil })
}

const before = `package p

func (t *T) f() {
	stop(1, 2)
	stop(1, 2)
}

func g() { stop(1, 2) }

type T struct{}

var v = stop(1, 2)
`

// after has the same declarations in another order and format.
const after = `// Package p has a comment now.
package p

var w = 1

var v = stop(1,2)

func g() {
	// New.
	stop(1,2)
}

type T struct{}

func (t *T) f() {
	w++
	stop(1,2)
	if w > 1 {
		stop(1,2)
	}
}
`

func TestIDsSurviveMoves(t *testing.T) {
	const x, y = "stop(1, 2)", "stop(1,2)"
	f1, f2, g, v := at(before, x, 0), at(before, x, 1), at(before, x, 2), at(before, x, 3)
	identify(before, f1, f2, g, v)
	v2, g2, f12, f22 := at(after, y, 0), at(after, y, 1), at(after, y, 2), at(after, y, 3)
	identify(after, v2, g2, f12, f22)

	seen := make(map[string]bool)
	for name, pair := range map[string][2]*finding.Finding{"first in f": {f1, f12}, "second in f": {f2, f22}, "g": {g, g2}, "v": {v, v2}} {
		if pair[0].ID != pair[1].ID {
			t.Errorf("%s: id changed from %s to %s", name, pair[0].ID, pair[1].ID)
		}
		seen[pair[0].ID] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d ids for 4 findings", len(seen))
	}
}

func TestIDsDiffer(t *testing.T) {
	base := func() *finding.Finding { return at(before, "stop(1, 2)", 2) }
	ids := make(map[string]string)
	for name, change := range map[string]func(*finding.Finding){
		"same":     func(*finding.Finding) {},
		"category": func(f *finding.Finding) { f.Category = "a/other" },
		"package":  func(f *finding.Finding) { f.Package = "q" },
		"message":  func(f *finding.Finding) { f.Message = "other" },
		"end":      func(f *finding.Finding) { f.End.Column-- },
	} {
		f := base()
		change(f)
		identify(before, f)
		if other, ok := ids[f.ID]; ok {
			t.Errorf("%s has the id of %s", name, other)
		}
		ids[f.ID] = name
	}
}

// TestUnreadable holds that a finding in a file that is gone or does not parse
// still has an id.
func TestUnreadable(t *testing.T) {
	for name, read := range map[string]func(string) ([]byte, error){
		"gone":   func(string) ([]byte, error) { return nil, errors.New("gone") },
		"broken": func(string) ([]byte, error) { return []byte("not Go"), nil },
		"short":  func(string) ([]byte, error) { return []byte("package p"), nil },
	} {
		f := at(before, "stop(1, 2)", 0)
		g := at(before, "stop(1, 2)", 1)
		finding.Identify([]*finding.Finding{f, g}, read)
		if f.ID == "" || f.ID == g.ID {
			t.Errorf("%s: ids %q and %q", name, f.ID, g.ID)
		}
	}
}
