package hotvetignore

import (
	_ "embed"
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/names"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

//go:embed doc.go
var doc string

// Analyzer finds //hotvet:ignore directives that can have no effect.
var Analyzer = &analysis.Analyzer{
	Name: "hotvetignore",
	Doc:  docs.MustExtract(doc, "hotvetignore"),
	URL:  docs.URL("hotvetignore"),
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	r := report.New(pass)
	defer r.Done()
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				check(r, c)
			}
		}
	}
	return nil, nil
}

// loose matches what may have been meant as a directive, in other spacing or
// case, and captures the word that follows.
var loose = regexp.MustCompile(`(?i)^(?://\s*|/\*\s*)hotvet\s*:\s*ignore\s+([a-z]+)\b`)

var kindForm = regexp.MustCompile(`^[a-z]+$`)

func check(r *report.Reporter, c *ast.Comment) {
	name, kind, _, ok := report.Target(c.Text)
	switch {
	case !ok && isMeant(c.Text):
		r.Report(report.Finding{Node: c, Kind: "malformed", Message: "hotvet:ignore directive is not in the form that suppresses findings"})
	case !ok:
	case name == "" || hasKind(c.Text, name) && !kindForm.MatchString(kind):
		r.Report(report.Finding{Node: c, Kind: "malformed", Message: "hotvet:ignore directive does not say NAME[/kind] reason"})
	case !slices.Contains(names.All(), name):
		r.Report(report.Finding{Node: c, Kind: "unknown", Message: "hotvet:ignore directive names an unknown analyzer and suppresses nothing"})
	}
}

// isMeant reports whether a comment that is no directive was meant as one: it
// goes on with the name of an analyzer, as prose about directives hardly does.
func isMeant(comment string) bool {
	m := loose.FindStringSubmatch(comment)
	return m != nil && slices.Contains(names.All(), strings.ToLower(m[1]))
}

// hasKind reports whether a slash follows the name.
func hasKind(comment, name string) bool {
	_, after, _ := strings.Cut(comment, name)
	return strings.HasPrefix(after, "/")
}
