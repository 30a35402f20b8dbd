package directive

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
	Name: "directive",
	Doc:  docs.MustExtract(doc, "directive"),
	URL:  docs.URL("directive"),
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

// loose matches what was meant as a directive: other spacing or case.
var loose = regexp.MustCompile(`(?i)^(//\s*|/\*\s*)hotvet\s*:\s*ignore\b`)

var kindForm = regexp.MustCompile(`^[a-z]+$`)

func check(r *report.Reporter, c *ast.Comment) {
	name, kind, _, ok := report.Target(c.Text)
	switch {
	case !ok && loose.MatchString(c.Text):
		r.Report(report.Finding{Node: c, Kind: "malformed", Message: "hotvet:ignore directive is not in the form that suppresses findings"})
	case !ok:
	case name == "" || hasKind(c.Text, name) && !kindForm.MatchString(kind):
		r.Report(report.Finding{Node: c, Kind: "malformed", Message: "hotvet:ignore directive does not say NAME[/kind] reason"})
	case !slices.Contains(names.All(), name):
		r.Report(report.Finding{Node: c, Kind: "unknown", Message: "hotvet:ignore directive names an unknown analyzer and suppresses nothing"})
	}
}

// hasKind reports whether a slash follows the name.
func hasKind(comment, name string) bool {
	_, after, _ := strings.Cut(comment, name)
	return strings.HasPrefix(after, "/")
}
