// Package judged keeps what hotvet finds in whole published modules, each
// finding with the verdict of somebody who read the code. Its test shows when a
// change of an analyzer adds a finding that nobody judged, or loses one.
package judged

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Finding is one judged finding, a line of testdata/judged.tsv.
type Finding struct {
	Module, Version string
	File            string // in the module, with slashes
	Line            int
	Category        string
	True            bool   // worth a report to the authors
	Why             string // one sentence
}

// Site is what a finding of a run and a judged one are compared by.
type Site struct {
	File     string
	Line     int
	Category string
}

// Site returns the site of a judged finding.
func (f Finding) Site() Site { return Site{f.File, f.Line, f.Category} }

func (s Site) String() string { return fmt.Sprintf("%s:%d (%s)", s.File, s.Line, s.Category) }

const header = "module\tversion\tfile\tline\tcategory\tverdict\twhy"

// Parse reads a table of judged findings. The error of a wrong line names it.
func Parse(r io.Reader) ([]Finding, error) {
	var list []Finding
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		text := scanner.Text()
		if n == 1 {
			if text != header {
				return nil, fmt.Errorf("line 1: header is %q, want %q", text, header)
			}
			continue
		}
		f, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		list = append(list, f)
	}
	return list, scanner.Err()
}

func parseLine(text string) (Finding, error) {
	cols := strings.Split(text, "\t")
	if len(cols) != 7 {
		return Finding{}, fmt.Errorf("%d columns, want 7", len(cols))
	}
	line, err := strconv.Atoi(cols[3])
	if err != nil || line < 1 {
		return Finding{}, fmt.Errorf("line number %q is not a positive number", cols[3])
	}
	if cols[5] != "true" && cols[5] != "false" {
		return Finding{}, fmt.Errorf("verdict %q is neither true nor false", cols[5])
	}
	if cols[6] == "" {
		return Finding{}, fmt.Errorf("no reason is given")
	}
	return Finding{cols[0], cols[1], cols[2], line, cols[4], cols[5] == "true", cols[6]}, nil
}
