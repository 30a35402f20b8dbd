package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/cmd/internal/unit"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/report"
)

// convert turns what a driver read into findings, each once: a package and its
// test variants tell the same. It does not set ids.
func (inv *invocation) convert(opt *checkOptions, res *loaded) *checked {
	c := &checked{packages: make(map[string]bool), errors: res.errors, signals: make(signalUse)}
	seen := make(map[string]bool)
	for _, tree := range res.trees {
		for _, id := range slices.Sorted(maps.Keys(tree)) {
			pkg, _, _ := strings.Cut(id, " [")
			c.packages[pkg] = true
			for _, name := range slices.Sorted(maps.Keys(tree[id])) {
				r := tree[id][name]
				if r.Err != "" {
					c.errors = append(c.errors, fmt.Sprintf("%s: %s", pkg, r.Err))
				}
				if opt.signals && name == inv.program.Signals.Name {
					c.signals.add(r.Diagnostics)
					continue
				}
				if !opt.selected(name) {
					continue
				}
				for _, d := range r.Diagnostics {
					f, err := inv.finding(opt, pkg, name, d)
					if err != nil {
						c.errors = append(c.errors, fmt.Sprintf("%s: analyzer %s: %v", pkg, name, err))
						continue
					}
					if key := fmt.Sprint(f.Category, f.Posn, f.Message); !seen[key] {
						seen[key] = true
						c.findings = append(c.findings, f)
					}
				}
			}
		}
	}
	c.errors = unique(c.errors)
	return c
}

// finding converts one diagnostic.
func (inv *invocation) finding(opt *checkOptions, pkg, analyzer string, d unit.Diagnostic) (*finding.Finding, error) {
	f := &finding.Finding{
		Analyzer: analyzer,
		Category: d.Category,
		Severity: severity(lint.SeverityWarning),
		Message:  d.Message,
		Package:  pkg,
		Related:  []finding.Related{},
		Fixes:    []finding.Fix{},
	}
	if !strings.HasPrefix(f.Category, analyzer+"/") {
		f.Category = analyzer + "/" + cmp.Or(d.Category, "other")
	}
	for _, a := range inv.program.Analyzers {
		if a.Name == analyzer {
			f.Severity, f.URL = severity(a.Severity), a.URL
		}
	}
	var err error
	if f.Posn, err = opt.position(d.Posn); err != nil {
		return nil, err
	}
	if f.End, err = opt.position(d.End); err != nil {
		return nil, err
	}
	for _, r := range d.Related {
		posn, err := opt.position(r.Posn)
		if err != nil {
			return nil, err
		}
		f.Related = append(f.Related, finding.Related{Posn: posn, Message: r.Message})
	}
	for _, fix := range d.SuggestedFixes {
		out := fix.Finding()
		for i := range out.Edits {
			out.Edits[i].File = within(opt.dir, out.Edits[i].File)
		}
		f.Fixes = append(f.Fixes, out)
	}
	return f, nil
}

// position parses "file:line:column". A file name may have colons.
func (opt *checkOptions) position(s string) (finding.Position, error) {
	rest, column, ok1 := cutLast(s)
	file, line, ok2 := cutLast(rest)
	if !ok1 || !ok2 || file == "" {
		return finding.Position{}, fmt.Errorf("position %q is not file:line:column", s)
	}
	return finding.Position{File: within(opt.dir, file), Line: line, Column: column}, nil
}

func cutLast(s string) (before string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil && n > 0
}

// severity returns the word for a severity in the stream.
func severity(s lint.Severity) string {
	switch s {
	case lint.SeverityError:
		return "error"
	case lint.SeverityInfo, lint.SeverityDeprecated:
		return "info"
	case lint.SeverityHint:
		return "hint"
	}
	return "warning"
}

// rules describes the analyzers for formats that carry documentation.
func (inv *invocation) rules() ([]report.Rule, error) {
	var list []report.Rule
	for _, a := range inv.program.Analyzers {
		d, err := a.Document()
		if err != nil {
			return nil, err
		}
		list = append(list, report.Rule{Name: a.Name, Summary: d.Title, Text: d.Text, Wrong: d.Before, Right: d.After, URL: a.URL, Severity: severity(d.Severity)})
	}
	return list, nil
}
