package report

import (
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
)

// Limits of what is quoted. A stream may come from elsewhere and name any file.
const (
	maxFile   = 4 << 20  // bytes of one source file
	maxSource = 64 << 20 // bytes of all
	maxCode   = 240      // bytes of a part of a line
	maxMarked = 12       // lines of one finding
	around    = 3        // lines before and behind a finding
	near      = 1        // lines before and behind any other place
)

// sourceNames are the extensions of files that are quoted, so that a stream from
// elsewhere cannot make a report show something that is no source code.
var sourceNames = []string{".go", ".s", ".S", ".c", ".h", ".cc", ".hh", ".cpp", ".hpp", ".cxx", ".hxx", ".m", ".mm", ".swig", ".swigcxx"}

// sources reads files once, as they are when the report is made.
type sources struct {
	folder string
	read   int                 // bytes
	files  map[string][]string // by name in the stream; nil: not to be had
}

// lines returns the lines of a file, nil when it is not there or not fit to quote.
func (s *sources) lines(name string) []string {
	if list, ok := s.files[name]; ok {
		return list
	}
	if s.files == nil {
		s.files = make(map[string][]string)
	}
	s.files[name] = s.load(name)
	return s.files[name]
}

func (s *sources) load(name string) []string {
	if !slices.Contains(sourceNames, path.Ext(name)) || s.read > maxSource {
		return nil
	}
	file := filepath.FromSlash(name)
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.folder, file)
	}
	// A pipe would block the opening, so look first.
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil || bytes.IndexByte(data, 0) >= 0 {
		return nil
	}
	s.read += len(data)
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// A spot is a position that is shown with a note.
type spot struct {
	Posn finding.Position
	Note string
	Main bool // the finding itself
	end  finding.Position
}

// fits reports whether the file still has the place.
func (p *spot) fits(lines []string) bool {
	return p.Posn.Line >= 1 && p.Posn.Line <= len(lines) && p.Posn.Column <= len(lines[p.Posn.Line-1])+1
}

// An excerpt quotes one file.
type excerpt struct {
	File string
	Rows []*row
}

// A row is a line of code, or, with number 0, a gap between lines.
type row struct {
	N                     int
	Before, Marked, After string
	Main, Hit             bool // part of the finding; any other place
	Notes                 []string
}

// excerpts quotes the spots, file by file in the order in which they are named.
// Those that cannot be quoted are returned.
func (s *sources) excerpts(spots []*spot) (list []*excerpt, rest []*spot) {
	byFile := make(map[string][]*spot)
	var files []string
	for _, p := range spots {
		lines := s.lines(p.Posn.File)
		if !p.fits(lines) {
			rest = append(rest, p)
			continue
		}
		if byFile[p.Posn.File] == nil {
			files = append(files, p.Posn.File)
		}
		byFile[p.Posn.File] = append(byFile[p.Posn.File], p)
	}
	for _, file := range files {
		list = append(list, &excerpt{file, quote(s.lines(file), byFile[file])})
	}
	return list, rest
}

// quote returns the lines at the spots and around them.
func quote(lines []string, spots []*spot) []*row {
	rows := make(map[int]*row)
	show := func(n int) *row {
		if n < 1 || n > len(lines) {
			return new(row) // beyond the file: not shown
		}
		if rows[n] == nil {
			rows[n] = &row{N: n, Before: strings.TrimRight(lines[n-1], "\r")}
		}
		return rows[n]
	}
	for _, p := range spots {
		first, last, margin := p.Posn.Line, p.Posn.Line, near
		if p.Main {
			margin = around
			if p.end.File == p.Posn.File && p.end.Line > first {
				last = min(p.end.Line, first+maxMarked-1, len(lines))
			}
		}
		for n := first - margin; n <= last+margin; n++ {
			r := show(n)
			if n < first || n > last {
				continue
			}
			r.Main, r.Hit = r.Main || p.Main, true
		}
		r := show(first)
		if p.Main {
			r.mark(p)
		}
		if p.Note != "" && !slices.Contains(r.Notes, p.Note) {
			r.Notes = append(r.Notes, p.Note)
		}
	}
	for n := range lines {
		if rows[n-1] != nil && rows[n] == nil && rows[n+1] != nil {
			show(n) // the mark of a gap would take as much room
		}
	}
	return shorten(rows)
}

// mark divides a line at the columns of a finding that is on this line only.
func (r *row) mark(p *spot) {
	start, end := p.Posn.Column-1, p.end.Column-1
	if p.end.File != p.Posn.File || p.end.Line != p.Posn.Line || start < 0 || end <= start || end > len(r.Before) || r.Marked != "" {
		return
	}
	r.Before, r.Marked, r.After = r.Before[:start], r.Before[start:end], r.Before[end:]
}

// shorten returns rows in order, with gaps, without what is too long to read.
func shorten(rows map[int]*row) []*row {
	var numbers []int
	for n := range rows {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var list []*row
	for i, n := range numbers {
		if i > 0 && numbers[i-1] != n-1 {
			list = append(list, new(row))
		}
		r := rows[n]
		if r.Marked != "" && len(r.Before) > maxCode {
			r.Before = "…" + strings.ToValidUTF8(r.Before[len(r.Before)-maxCode:], "")
		}
		for _, part := range []*string{&r.Before, &r.Marked, &r.After} {
			*part = cut(*part, maxCode+len("…"))
		}
		list = append(list, r)
	}
	return list
}

// cut returns at most n bytes of s, and says so.
func cut(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
