// Package fix applies the edits of findings to source text.
package fix

import (
	"cmp"
	"fmt"
	"go/format"
	"maps"
	"slices"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/rogpeppe/go-internal/diff"
)

// A Plan is what a list of fixes makes of the files they touch.
type Plan struct {
	Old, New map[string][]byte // by file name, only files that change
	Done     []bool            // for each fix, whether it went in
	Skipped  []string          // why others did not, one line each
	Broken   []string          // files whose result does not parse, left alone
}

// Make merges fixes in order. A fix goes in as a whole or, when one of its edits
// overlaps an edit before it or is outside of its file, not at all. The result
// is formatted as gofmt does; one that does not parse is not in the plan.
func Make(fixes []finding.Fix, read func(file string) ([]byte, error)) *Plan {
	p := &Plan{Old: make(map[string][]byte), New: make(map[string][]byte), Done: make([]bool, len(fixes))}
	edits := make(map[string][]finding.Edit)
	text := make(map[string][]byte)
	for i, f := range fixes {
		if why := conflict(f, edits, text, read); why != "" {
			p.Skipped = append(p.Skipped, fmt.Sprintf("fix %q is skipped: %s", f.Message, why))
			continue
		}
		p.Done[i] = true
		for _, e := range f.Edits {
			if !slices.Contains(edits[e.File], e) {
				edits[e.File] = append(edits[e.File], e)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(edits)) {
		fixed, err := format.Source(splice(text[file], edits[file]))
		if err != nil {
			p.Broken = append(p.Broken, fmt.Sprintf("%s: the fixed file does not parse and is left alone: %v", file, err))
			p.undo(fixes, file)
			continue
		}
		if string(fixed) != string(text[file]) {
			p.Old[file], p.New[file] = text[file], fixed
		}
	}
	return p
}

// undo takes back the fixes that have an edit in a file that is left alone.
func (p *Plan) undo(fixes []finding.Fix, file string) {
	for i, f := range fixes {
		if slices.ContainsFunc(f.Edits, func(e finding.Edit) bool { return e.File == file }) {
			p.Done[i] = false
		}
	}
}

// conflict returns why f cannot go in, "" if it can. It reads the files of f
// into text.
func conflict(f finding.Fix, edits map[string][]finding.Edit, text map[string][]byte, read func(string) ([]byte, error)) string {
	for i, e := range f.Edits {
		if _, ok := text[e.File]; !ok {
			data, err := read(e.File)
			if err != nil {
				return err.Error()
			}
			text[e.File] = data
		}
		if e.Start < 0 || e.End < e.Start || e.End > len(text[e.File]) {
			return fmt.Sprintf("its edit is outside of %s", e.File)
		}
		for _, other := range slices.Concat(edits[e.File], f.Edits[:i]) {
			if other.File == e.File && other != e && overlap(other, e) {
				return fmt.Sprintf("it overlaps another fix of %s", e.File)
			}
		}
	}
	return ""
}

// overlap reports whether the order of two edits of one file would matter.
func overlap(a, b finding.Edit) bool {
	if a.Start == a.End && b.Start == b.End {
		return a.Start == b.Start
	}
	return a.Start < b.End && b.Start < a.End || a.Start == b.Start
}

func splice(text []byte, edits []finding.Edit) []byte {
	slices.SortFunc(edits, func(a, b finding.Edit) int { return cmp.Compare(a.Start, b.Start) })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(out, text[at:e.Start]...)
		out = append(out, e.New...)
		at = e.End
	}
	return append(out, text[at:]...)
}

// Diff returns the changes of a plan as unified diffs.
func (p *Plan) Diff() []byte {
	var out []byte
	for _, file := range slices.Sorted(maps.Keys(p.New)) {
		out = append(out, diff.Diff(file+" (old)", p.Old[file], file+" (new)", p.New[file])...)
	}
	return out
}
