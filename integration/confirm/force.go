package confirm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// Assume returns a finding of the given category that no analyzer made, to have
// the experiment run on a program without one. Its place is the beginning of the
// program, which is not counted: whether the hazard was reached is told by what is
// observed alone.
func Assume(t *build.Target, category string) (*finding.Finding, error) {
	if !slices.Contains(Kinds(), category) {
		return nil, fmt.Errorf("no experiment for %q: there are %s", category, strings.Join(Kinds(), ", "))
	}
	name, _, _ := strings.Cut(category, "/")
	posn := finding.Position{File: t.Files[0], Line: 1, Column: 1}
	return &finding.Finding{
		Analyzer: name,
		Category: category,
		Severity: "info",
		Message:  "hazard is assumed, no analyzer found it",
		Package:  t.ImportPath,
		Posn:     posn,
		End:      posn,
		Related:  []finding.Related{},
		Fixes:    []finding.Fix{},
	}, nil
}
