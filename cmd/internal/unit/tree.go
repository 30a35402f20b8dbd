package unit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/token"
	"io"
	"maps"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// A Tree is the JSON form of results that the go command passes through:
// package ID, analyzer, result. See JSONTree in x/tools' driverutil.
type Tree map[string]map[string]Result

// A Result is a list of diagnostics or, in JSON an object, an error.
type Result struct {
	Diagnostics []Diagnostic
	Err         string
}

// Diagnostic is the JSON form of analysis.Diagnostic; positions are
// "file:line:column".
type Diagnostic struct {
	Category       string         `json:"category,omitempty"`
	Posn           string         `json:"posn"`
	End            string         `json:"end"`
	Message        string         `json:"message"`
	SuggestedFixes []SuggestedFix `json:"suggested_fixes,omitempty"`
	Related        []Related      `json:"related,omitempty"`
}

// SuggestedFix is the JSON form of analysis.SuggestedFix.
type SuggestedFix struct {
	Message string     `json:"message"`
	Edits   []TextEdit `json:"edits"`
}

// TextEdit is the JSON form of analysis.TextEdit; offsets are bytes of the file.
type TextEdit struct {
	Filename string `json:"filename"`
	Start    int    `json:"start"`
	End      int    `json:"end"`
	New      string `json:"new"`
}

// Related is the JSON form of analysis.RelatedInformation.
type Related struct {
	Posn    string `json:"posn"`
	End     string `json:"end"`
	Message string `json:"message"`
}

type jsonError struct {
	Err string `json:"error"`
}

// MarshalJSON implements json.Marshaler.
func (r Result) MarshalJSON() ([]byte, error) {
	if r.Err != "" {
		return json.Marshal(jsonError{r.Err})
	}
	return json.Marshal(r.Diagnostics)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Result) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, &r.Diagnostics)
	}
	var e jsonError
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	r.Err = cmp.Or(e.Err, "failed without a message")
	return nil
}

// Add adds what an analyzer said about a package, if anything.
func (t Tree) Add(fset *token.FileSet, id, analyzer string, diags []analysis.Diagnostic, err error) {
	var r Result
	switch {
	case err != nil:
		r.Err = err.Error()
	case len(diags) == 0:
		return
	}
	for _, d := range diags {
		r.Diagnostics = append(r.Diagnostics, convert(fset, d))
	}
	if t[id] == nil {
		t[id] = make(map[string]Result)
	}
	t[id][analyzer] = r
}

func convert(fset *token.FileSet, d analysis.Diagnostic) Diagnostic {
	posn := func(pos token.Pos) string { return fset.Position(pos).String() }
	out := Diagnostic{
		Category: d.Category,
		Posn:     posn(d.Pos),
		End:      posn(cmp.Or(d.End, d.Pos)),
		Message:  d.Message,
	}
	for _, r := range d.Related {
		out.Related = append(out.Related, Related{posn(r.Pos), posn(cmp.Or(r.End, r.Pos)), r.Message})
	}
	for _, fix := range d.SuggestedFixes {
		f := SuggestedFix{Message: fix.Message}
		for _, e := range fix.TextEdits {
			at := fset.Position(e.Pos)
			f.Edits = append(f.Edits, TextEdit{at.Filename, at.Offset, fset.Position(cmp.Or(e.End, e.Pos)).Offset, string(e.NewText)})
		}
		out.SuggestedFixes = append(out.SuggestedFixes, f)
	}
	return out
}

// SafeFixes returns d without the fixes that cannot be applied to the file they
// name: the text that cgo made of a file bears the name of the original but has
// other offsets.
func SafeFixes(fset *token.FileSet, d analysis.Diagnostic) analysis.Diagnostic {
	d.SuggestedFixes = slices.DeleteFunc(slices.Clone(d.SuggestedFixes), func(fix analysis.SuggestedFix) bool {
		return slices.ContainsFunc(fix.TextEdits, func(e analysis.TextEdit) bool {
			if !e.Pos.IsValid() {
				return true
			}
			end := cmp.Or(e.End, e.Pos)
			return fset.File(e.Pos) == nil || fset.File(e.Pos) != fset.File(end) || end < e.Pos ||
				fset.PositionFor(e.Pos, false).Filename != fset.PositionFor(e.Pos, true).Filename
		})
	})
	return d
}

func (t Tree) print(w io.Writer) error {
	data, err := json.MarshalIndent(t, "", "\t")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", data)
	return err
}

// printText writes the results for people and returns how many there were.
func (t Tree) printText(w io.Writer) (n int) {
	for _, id := range slices.Sorted(maps.Keys(t)) {
		for _, analyzer := range slices.Sorted(maps.Keys(t[id])) {
			r := t[id][analyzer]
			if r.Err != "" {
				n++
				fmt.Fprintf(w, "hotvet: %s\n", r.Err)
			}
			for _, d := range r.Diagnostics {
				n++
				fmt.Fprintf(w, "%s: %s\n", d.Posn, d.Message)
				for _, rel := range d.Related {
					fmt.Fprintf(w, "\t%s: %s\n", rel.Posn, rel.Message)
				}
			}
		}
	}
	return n
}
