package confirm

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// Assume returns a finding of the given category that no analyzer made, to have
// the experiment run on a program without one. Its place is FILE:LINE, FILE being
// relative to dir. Without a place it is the beginning of the program, which is not
// counted: whether the hazard was reached is then told by what is observed alone.
func Assume(t *build.Target, dir, category, place string) (*finding.Finding, error) {
	if !slices.Contains(Kinds(), category) {
		return nil, fmt.Errorf("no experiment for %q: there are %s", category, strings.Join(Kinds(), ", "))
	}
	name, _, _ := strings.Cut(category, "/")
	posn := finding.Position{File: t.Files[0], Line: 1, Column: 1}
	if place != "" {
		var err error
		if posn, err = lookUp(dir, place); err != nil {
			return nil, err
		}
	}
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

// lookUp returns the position of the first thing on a line.
func lookUp(dir, place string) (finding.Position, error) {
	file, number, _ := strings.Cut(place, ":")
	line, err := strconv.Atoi(number)
	if err != nil || line < 1 {
		return finding.Position{}, fmt.Errorf("%q is not FILE:LINE", place)
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return finding.Position{}, err
	}
	lines := bytes.Split(src, []byte("\n"))
	if line > len(lines) {
		return finding.Position{}, fmt.Errorf("%s has no line %d", file, line)
	}
	text := lines[line-1]
	column := len(text) - len(bytes.TrimLeft(text, " \t")) + 1
	return finding.Position{File: file, Line: line, Column: column}, nil
}
