package fix_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/cmd/internal/fix"
	"github.com/hotvet/hotvet/integration/finding"
)

var files = map[string]string{
	"a.go": "package a\n\nvar x = 1\nvar y = 2\n",
	"b.go": "package a\n\nvar z = 3\n",
}

func read(name string) ([]byte, error) {
	if text, ok := files[name]; ok {
		return []byte(text), nil
	}
	return nil, errors.New("no such file")
}

// edit replaces the first occurrence of old.
func edit(file, old, with string) finding.Edit {
	start := strings.Index(files[file], old)
	return finding.Edit{File: file, Start: start, End: start + len(old), New: with}
}

func one(edits ...finding.Edit) finding.Fix { return finding.Fix{Message: "m", Edits: edits} }

func TestMake(t *testing.T) {
	insert := func(at int, text string) finding.Edit {
		return finding.Edit{File: "a.go", Start: at, End: at, New: text}
	}
	for name, test := range map[string]struct {
		fixes   []finding.Fix
		done    []bool
		want    map[string]string
		skipped string // text that a message has
		broken  string
	}{
		"formats": {
			fixes: []finding.Fix{one(edit("a.go", "= 1", "=    7"))},
			done:  []bool{true},
			want:  map[string]string{"a.go": "package a\n\nvar x = 7\nvar y = 2\n"},
		},
		"two files": {
			fixes: []finding.Fix{one(edit("a.go", "1", "7"), edit("b.go", "3", "8"))},
			done:  []bool{true},
			want:  map[string]string{"a.go": "package a\n\nvar x = 7\nvar y = 2\n", "b.go": "package a\n\nvar z = 8\n"},
		},
		"any order": {
			fixes: []finding.Fix{one(edit("a.go", "2", "9")), one(edit("a.go", "1", "7"))},
			done:  []bool{true, true},
			want:  map[string]string{"a.go": "package a\n\nvar x = 7\nvar y = 9\n"},
		},
		"same edit of two findings": {
			fixes: []finding.Fix{one(edit("a.go", "1", "7")), one(edit("a.go", "1", "7"), edit("a.go", "2", "9"))},
			done:  []bool{true, true},
			want:  map[string]string{"a.go": "package a\n\nvar x = 7\nvar y = 9\n"},
		},
		"overlap": {
			fixes:   []finding.Fix{one(edit("a.go", "x = 1", "w = 1")), one(edit("b.go", "3", "4"), edit("a.go", "= 1", "= 2"))},
			done:    []bool{true, false},
			want:    map[string]string{"a.go": "package a\n\nvar w = 1\nvar y = 2\n"},
			skipped: "overlaps another fix of a.go",
		},
		"insertions at one place": {
			fixes:   []finding.Fix{one(insert(11, "var v = 0\n")), one(insert(11, "var u = 0\n"))},
			done:    []bool{true, false},
			want:    map[string]string{"a.go": "package a\n\nvar v = 0\nvar x = 1\nvar y = 2\n"},
			skipped: "overlaps",
		},
		"overlap with itself": {
			fixes:   []finding.Fix{one(edit("a.go", "x = 1", "w"), edit("a.go", "1", "2"))},
			done:    []bool{false},
			skipped: "overlaps",
		},
		"outside": {
			fixes:   []finding.Fix{one(finding.Edit{File: "a.go", Start: 5, End: 5000})},
			done:    []bool{false},
			skipped: "outside of a.go",
		},
		"unreadable": {
			fixes:   []finding.Fix{one(finding.Edit{File: "c.go"})},
			done:    []bool{false},
			skipped: "no such file",
		},
		"does not parse": {
			fixes:  []finding.Fix{one(edit("a.go", "= 1", "= (")), one(edit("b.go", "3", "4"))},
			done:   []bool{false, true},
			want:   map[string]string{"b.go": "package a\n\nvar z = 4\n"},
			broken: "a.go: the fixed file does not parse",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := fix.Make(test.fixes, read)
			if !slices.Equal(p.Done, test.done) {
				t.Errorf("done %v, want %v", p.Done, test.done)
			}
			if len(p.New) != len(test.want) {
				t.Errorf("%d files change, want %d", len(p.New), len(test.want))
			}
			for file, want := range test.want {
				if got := string(p.New[file]); got != want {
					t.Errorf("%s is\n%s\nwant\n%s", file, got, want)
				}
			}
			if got := strings.Join(p.Skipped, "\n"); !strings.Contains(got, test.skipped) || test.skipped == "" && got != "" {
				t.Errorf("skipped %q, want %q", got, test.skipped)
			}
			if got := strings.Join(p.Broken, "\n"); !strings.Contains(got, test.broken) || test.broken == "" && got != "" {
				t.Errorf("broken %q, want %q", got, test.broken)
			}
		})
	}
}
