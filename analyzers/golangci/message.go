package golangci

import (
	"go/token"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// told returns a copy of a whose diagnostics have no more than golangci-lint can
// show and apply. It drops categories, and makes each related end an issue of its
// own: one that //nolint on the line of the finding does not reach, and that is
// put on that line when it is in another file (buildIssues in golangci-lint's
// pkg/goanalysis/runners.go). Of fixes see [applicable].
//
// The copy has the fact types of a, which is no conflict as a itself does not
// run.
func told(a *analysis.Analyzer) *analysis.Analyzer {
	b := *a
	b.Run = func(pass *analysis.Pass) (any, error) {
		p := *pass
		p.Report = func(d analysis.Diagnostic) {
			d.Message = message(pass.Fset, d)
			d.Related = nil
			d.SuggestedFixes = applicable(pass.Fset, d)
			pass.Report(d)
		}
		return a.Run(&p)
	}
	return &b
}

// message is the text of a finding with its kind and related ends.
func message(fset *token.FileSet, d analysis.Diagnostic) string {
	_, kind, _ := strings.Cut(d.Category, "/")
	dir := filepath.Dir(fset.Position(d.Pos).Filename)
	notes := []string{kind}
	for _, r := range d.Related {
		at := fset.Position(r.Pos)
		// Not relative to the working folder, as golangci-lint caches messages.
		if rel, err := filepath.Rel(dir, at.Filename); err == nil {
			at.Filename = filepath.ToSlash(rel)
		}
		notes = append(notes, at.String()+": "+r.Message)
	}
	return d.Message + " (" + strings.Join(notes, "; ") + ")"
}

// applicable returns the fix that golangci-lint may get. It would apply all fixes
// of a finding together, though they are alternatives (Fixer.process in its
// pkg/result/processors/fixer.go), and of a fix that edits several files the part
// in the file of the finding (buildIssues).
func applicable(fset *token.FileSet, d analysis.Diagnostic) []analysis.SuggestedFix {
	if len(d.SuggestedFixes) == 0 {
		return nil
	}
	first := d.SuggestedFixes[:1]
	for _, edit := range first[0].TextEdits {
		if fset.File(edit.Pos) != fset.File(d.Pos) {
			return nil
		}
	}
	return first
}
