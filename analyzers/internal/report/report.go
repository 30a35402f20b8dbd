// Package report builds the diagnostics of every analyzer: category, URL and
// related ends in one form, generated files left out, and the findings that a
// //hotvet:ignore directive names held back.
package report

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// A Finding is what an analyzer has to say about one place.
type Finding struct {
	Node    analysis.Range // the thing to fix
	Kind    string         // second part of the category: "exec" in "profilestop/exec"
	Message string         // lower case, no period: what breaks, and when
	Related []analysis.RelatedInformation
	Fixes   []analysis.SuggestedFix
}

// A Reporter reports the findings of one analyzer about one package.
type Reporter struct {
	pass       *analysis.Pass
	generated  map[string]bool // by adjusted file name
	directives []*directive
	seen       map[string]bool // category and position, so that no site is told twice
}

// New reads the directives of the package that name the analyzer of pass.
// The caller must defer [Reporter.Done], early exits included, or directives
// that suppress nothing stay unnoticed.
func New(pass *analysis.Pass) *Reporter {
	r := &Reporter{pass: pass, generated: make(map[string]bool), seen: make(map[string]bool)}
	for _, f := range pass.Files {
		name := pass.Fset.Position(f.Package).Filename
		if isGenerated(f) || isCgoOwn(pass.Fset, f) {
			r.generated[name] = true
			continue
		}
		for _, d := range directivesOf(pass.Fset, f) {
			if d.analyzer == pass.Analyzer.Name {
				r.directives = append(r.directives, d)
			}
		}
	}
	return r
}

// Related returns the other end of a finding.
func Related(node analysis.Range, message string) analysis.RelatedInformation {
	return analysis.RelatedInformation{Pos: node.Pos(), End: node.End(), Message: message}
}

// Report reports f, unless its file is generated, a directive suppresses it,
// or the same kind was reported at the same place before.
func (r *Reporter) Report(f Finding) {
	posn := r.pass.Fset.Position(f.Node.Pos())
	if r.generated[posn.Filename] {
		return
	}
	category := r.pass.Analyzer.Name + "/" + f.Kind
	key := fmt.Sprint(category, posn)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	for _, d := range r.directives {
		if d.covers(posn, f.Kind) {
			d.used = true
			if d.reason != "" {
				return
			}
		}
	}
	r.pass.Report(analysis.Diagnostic{
		Pos:            f.Node.Pos(),
		End:            f.Node.End(),
		Category:       category,
		URL:            r.pass.Analyzer.URL,
		Message:        f.Message,
		Related:        f.Related,
		SuggestedFixes: f.Fixes,
	})
}

// Done reports the directives that name this analyzer and have no reason or
// suppressed nothing.
func (r *Reporter) Done() {
	for _, d := range r.directives {
		var msg string
		switch {
		case d.reason == "":
			msg = "hotvet:ignore directive has no reason and suppresses nothing"
		case !d.used:
			msg = "hotvet:ignore directive suppresses no finding"
		default:
			continue
		}
		r.pass.Report(analysis.Diagnostic{
			Pos:      d.comment.Pos(),
			End:      d.comment.End(),
			Category: r.pass.Analyzer.Name + "/ignore",
			URL:      r.pass.Analyzer.URL,
			Message:  msg,
		})
	}
}

// A directive is one //hotvet:ignore NAME[/kind] reason.
type directive struct {
	comment  *ast.Comment
	analyzer string
	kind     string // empty: every kind
	reason   string
	file     string
	line     int // the line whose findings it suppresses
	used     bool
}

func (d *directive) covers(posn token.Position, kind string) bool {
	return d.file == posn.Filename && d.line == posn.Line && (d.kind == "" || d.kind == kind)
}

// Prefix starts an ignore directive.
const Prefix = "//hotvet:ignore"

// Target returns the NAME, the kind (empty for all) and the reason of an ignore
// directive; ok is false for any other comment.
func Target(comment string) (name, kind, reason string, ok bool) {
	rest, ok := strings.CutPrefix(comment, Prefix)
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return "", "", "", false
	}
	// A want comment of the test corpus is not part of the reason.
	rest, _, _ = strings.Cut(rest, "// want")
	target, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	name, kind, _ = strings.Cut(target, "/")
	return name, kind, strings.TrimSpace(reason), true
}

// directivesOf returns the ignore directives of a file. One that has its line
// to itself speaks for the next line of code, one behind code for its own line.
func directivesOf(fset *token.FileSet, f *ast.File) []*directive {
	var list []*directive
	for _, group := range f.Comments {
		for _, c := range group.List {
			name, kind, reason, ok := Target(c.Text)
			if !ok {
				continue
			}
			posn := fset.Position(c.Pos())
			list = append(list, &directive{comment: c, analyzer: name, kind: kind, reason: reason, file: posn.Filename, line: posn.Line})
		}
	}
	if list == nil {
		return nil
	}
	// Lines on which a node starts or ends; comments are not among them.
	code := make(map[int]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.File, *ast.Comment, *ast.CommentGroup:
			return n != nil
		}
		code[fset.Position(n.Pos()).Line] = true
		code[fset.Position(n.End()-1).Line] = true
		return true
	})
	last := fset.Position(f.FileEnd).Line
	for _, d := range list {
		for d.line <= last && !code[d.line] {
			d.line++
		}
	}
	return list
}

// isCgoOwn reports whether f is a file that cgo made and no user wrote, such as
// _cgo_gotypes.go: a processed file has the name of another in its positions. The
// build cache, where go/packages finds it, has it under another name.
func isCgoOwn(fset *token.FileSet, f *ast.File) bool {
	made := filepath.Base(fset.PositionFor(f.Package, false).Filename)
	return made == filepath.Base(fset.PositionFor(f.Package, true).Filename) &&
		(strings.HasPrefix(made, "_cgo_") || isByCgo(f))
}

// isByCgo reports whether f has the header that cgo puts on what it writes.
func isByCgo(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			m := generatedRE.FindStringSubmatch(c.Text)
			if m != nil && strings.HasPrefix(m[1], "by cmd/cgo;") && c.Pos() < f.Package {
				return true
			}
		}
	}
	return false
}

var generatedRE = regexp.MustCompile(`^// Code generated (.*) DO NOT EDIT\.$`)

// isGenerated reports whether f says above its package clause that it is
// generated. The header that cgo puts on the files it processes is not meant:
// the user wrote those. (honnef.co/go/tools/analysis/facts/generated reads the
// file on disk, which the editor's unsaved text and cgo's output are not.)
func isGenerated(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			m := generatedRE.FindStringSubmatch(c.Text)
			if m != nil && !strings.HasPrefix(m[1], "by cmd/cgo;") {
				return true
			}
		}
	}
	return false
}
