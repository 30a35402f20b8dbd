package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// errNoPlace says that a twin has no place for the finding of the hazard.
var errNoPlace = errors.New("no place in the twin")

// carry returns a finding like f, of the program e, at the corresponding place of
// the safe twin t.
func (c *corpus) carry(e, t *experiment, f *finding.Finding) (*finding.Finding, error) {
	posn, ok, err := c.corresponding(e, t, f.Posn, f.Category, "")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: no line of %s is like %s, nor ends in %q", errNoPlace, t.folder(), f.Posn, marker(f.Category, ""))
	}
	twin := *f
	twin.ID, twin.Posn, twin.End = "", posn, posn
	twin.Message = "hazard is assumed, no analyzer found it"
	twin.Related = []finding.Related{}
	for _, r := range f.Related {
		posn, ok, err := c.corresponding(e, t, r.Posn, f.Category, " related")
		if err != nil {
			return nil, err
		}
		if !ok {
			// What has no counterpart is the guard that is missing in the hazard.
			continue
		}
		twin.Related = append(twin.Related, finding.Related{Posn: posn, Message: r.Message})
	}
	return &twin, nil
}

// marker is the comment that marks a place in a twin.
func marker(category, role string) string { return "// safe: " + category + role }

// corresponding returns the place in the twin's file of the same name that is
// marked, or whose line has the same code as that of posn and is the only one. Of
// a related place the same code counts first.
func (c *corpus) corresponding(e, t *experiment, posn finding.Position, category, role string) (finding.Position, bool, error) {
	rel, err := filepath.Rel(e.folder(), filepath.FromSlash(posn.File))
	if err != nil || strings.HasPrefix(rel, "..") {
		return posn, true, nil // a package that both use
	}
	lines, err := c.lines(filepath.FromSlash(posn.File))
	if err != nil {
		return posn, false, err
	}
	file := filepath.ToSlash(filepath.Join(t.folder(), rel))
	others, err := c.lines(file)
	if errors.Is(err, fs.ErrNotExist) {
		return posn, false, nil
	}
	if err != nil {
		return posn, false, err
	}
	var marked, alike []int
	want := code(lines[posn.Line-1])
	for i, line := range others {
		if strings.HasSuffix(strings.TrimRight(line, " "), marker(category, role)) {
			marked = append(marked, i)
		}
		if code(line) == want {
			alike = append(alike, i)
		}
	}
	candidates := [][]int{marked, alike}
	if role != "" {
		slices.Reverse(candidates) // the mark is for the other ends that have changed
	}
	for _, list := range candidates {
		if len(list) == 1 {
			line := others[list[0]]
			column := indentation(line) + 1
			if code(line) == want {
				column = posn.Column + indentation(line) - indentation(lines[posn.Line-1])
			}
			return finding.Position{File: file, Line: list[0] + 1, Column: column}, true, nil
		}
	}
	return posn, false, nil
}

func (c *corpus) lines(file string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(c.dir, file))
	return strings.Split(string(data), "\n"), err
}

// indentation counts the bytes before the first thing on a line.
func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// comment is the end of a line that says what is wanted there or marks it.
var comment = regexp.MustCompile(`\s*// (want|safe:) .*$`)

// code returns a line without blanks around it and without such a comment.
func code(line string) string { return strings.TrimSpace(comment.ReplaceAllString(line, "")) }
