// Package docs reads the documentation of an analyzer out of its doc.go, the
// only place where it is written. The text feeds Analyzer.Doc, the explain
// command, the README table and the URL of every diagnostic.
package docs

import (
	"fmt"
	"go/parser"
	"go/token"
	"regexp"
	"strings"

	"honnef.co/go/tools/analysis/lint"
)

// URL is where the documentation of an analyzer can be read in a browser.
func URL(name string) string {
	return "https://pkg.go.dev/github.com/hotvet/hotvet/analyzers/" + name
}

// MustExtract returns the section "# Analyzer name" of the package comment in
// content, the source of a doc.go, in the form that Analyzer.Doc wants: the
// summary line first. It panics when there is none, which a test of the
// analyzer sees at once.
func MustExtract(content, name string) string {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", content, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil || f.Doc == nil {
		panic(fmt.Sprintf("docs: %s: no package comment in doc.go: %v", name, err))
	}
	_, section, found := strings.Cut(f.Doc.Text(), "# Analyzer "+name+"\n")
	if !found {
		panic(fmt.Sprintf("docs: %s: no heading %q in doc.go", name, "# Analyzer "+name))
	}
	section, _, _ = strings.Cut(section, "\n# ")
	text, found := strings.CutPrefix(strings.TrimSpace(section), name+": ")
	if !found {
		panic(fmt.Sprintf("docs: %s: the heading is not followed by %q", name, name+": summary"))
	}
	return text
}

// Doc is the documentation of one analyzer, split into the parts that every
// doc.go has in this order.
type Doc struct {
	Summary   string // one line, lower case, no period
	Breaks    string // what breaks across a restart, and the list of kinds
	Wrong     string // code that is reported
	Right     string // the same code, mended
	Silent    string // when the analyzer is silent on purpose
	Confirmed string // how a finding is confirmed at run time
}

// Parse splits the text of Analyzer.Doc into its parts. A part that is missing
// is an error that names it.
func Parse(text string) (*Doc, error) {
	d := new(Doc)
	var rest string
	d.Summary, rest, _ = strings.Cut(text, "\n")
	parts := []struct {
		mark string
		part *string
	}{{"Wrong:", &d.Wrong}, {"Right:", &d.Right}, {"Silent:", &d.Silent}, {"Confirmed:", &d.Confirmed}}

	part := &d.Breaks
	for _, p := range parts {
		before, after, found := strings.Cut(rest, "\n"+p.mark)
		if !found {
			return nil, fmt.Errorf("no part %q", p.mark)
		}
		*part, rest, part = trim(before), after, p.part
	}
	*part = trim(rest)
	return d, nil
}

var kindRE = regexp.MustCompile(`(?m)^\s*- ([a-z]+): `)

// Kinds returns the kinds of findings that the documentation lists, in order.
func (d *Doc) Kinds() []string {
	var kinds []string
	for _, m := range kindRE.FindAllStringSubmatch(d.Breaks, -1) {
		kinds = append(kinds, m[1])
	}
	return kinds
}

// trim removes blank lines around a part and the indentation that marks a code
// block in a doc comment.
func trim(s string) string {
	s = strings.Trim(s, "\n")
	if strings.HasPrefix(s, "\t") {
		s = strings.ReplaceAll(strings.TrimPrefix(s, "\t"), "\n\t", "\n")
	}
	return strings.TrimSpace(s)
}

// Lint returns the documentation as the metadata that staticcheck's tools read.
func (d *Doc) Lint(since string, severity lint.Severity) *lint.RawDocumentation {
	return &lint.RawDocumentation{
		Title:    d.Summary,
		Text:     d.Breaks + "\n\nSilent: " + d.Silent + "\n\nConfirmed: " + d.Confirmed,
		Before:   d.Wrong,
		After:    d.Right,
		Since:    since,
		Severity: severity,
		MergeIf:  lint.MergeIfAny,
	}
}
