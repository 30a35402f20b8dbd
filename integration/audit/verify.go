package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hotvet/hotvet/integration/internal/regular"
)

// A Report says whether a log is whole.
type Report struct {
	Lines    int
	Head     Head     // of the last line that can be read
	Problems []string // empty: nothing was changed, removed or moved, as far as can be seen
	Notes    []string // what happened and was told in the log, and what cannot be seen
}

// maxProblems is how many problems are listed: one change breaks one or two links,
// and a replaced log each of them.
const maxProblems = 20

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify reads the log at path. kept, when not nil, is a head that was kept elsewhere:
// the log must hold it.
func Verify(path string, kept *Head) (*Report, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := lockShared(file); err != nil {
		return nil, err
	}
	head, err := readHead(path)
	if err != nil {
		return nil, err
	}
	return verify(file, head, kept)
}

// verify follows the chain. head is nil when there is no head file.
func verify(r io.Reader, head, kept *Head) (*Report, error) {
	report := new(Report)
	c := &chain{report: report, last: Head{0, genesis}, seen: make(map[Head]bool)}
	for _, h := range []*Head{head, kept} {
		if h != nil {
			c.seen[*h] = false
		}
	}
	if err := eachLine(r, c.line); err != nil {
		return nil, err
	}
	report.Head = c.last
	c.end(head)
	c.heads(head, kept)
	return report, nil
}

// chain is the state between two lines.
type chain struct {
	report *Report
	last   Head
	lost   bool          // the line before could not be read
	seen   map[Head]bool // heads that are looked for
	torn   []byte        // what stands behind the last line
}

// line judges the next line.
func (c *chain) line(data []byte, ended bool) {
	c.report.Lines++
	n := c.report.Lines
	if !ended {
		c.torn = bytes.Clone(data)
		c.report.Lines--
		return
	}
	e, hash, err := parseLine(data)
	if err != nil {
		c.report.problem("line %d: %v", n, err)
		c.lost = true
		return
	}
	switch {
	case c.lost:
		// What came before is unknown: the chain begins anew here.
	case e.Seq == c.last.Seq+1 && e.Prev != c.last.Hash:
		c.report.problem("line %d does not follow the one before it: one of them was written anew", n)
	case e.Seq > c.last.Seq+1:
		c.report.problem("line %d is number %d and comes behind %d: lines are missing or moved", n, e.Seq, c.last.Seq)
	case e.Seq <= c.last.Seq:
		c.report.problem("line %d is number %d and comes behind %d: lines were moved or doubled", n, e.Seq, c.last.Seq)
	}
	if e.Torn != nil {
		c.note("line %d tells of a line without an end, %d bytes, before it", n, e.Torn.Bytes)
	}
	if e.NoHead {
		c.note("line %d tells that the head file was missing", n)
	}
	c.lost, c.last = false, Head{e.Seq, hash}
	if _, looked := c.seen[c.last]; looked {
		c.seen[c.last] = true
	}
}

func (c *chain) note(format string, args ...any) {
	if len(c.report.Notes) < maxProblems {
		c.report.Notes = append(c.report.Notes, fmt.Sprintf(format, args...))
	}
}

// end judges what stands behind the last line.
func (c *chain) end(head *Head) {
	n := c.report.Lines + 1
	switch {
	case len(c.torn) == 0:
	case head != nil && head.Seq > c.last.Seq:
		c.report.problem("line %d has no end, and the head file names it: it was whole, and was cut to %d bytes", n, len(c.torn))
	case !isTorn(c.torn):
		c.report.problem("what stands behind line %d is none of an audit log, %d bytes", n-1, len(c.torn))
	default:
		c.report.problem("line %d has no end: a process was killed while it wrote %d bytes; nobody was told its decision, and the next gate takes it away", n, len(c.torn))
	}
}

// heads compares the end of the chain.
func (c *chain) heads(head, kept *Head) {
	switch {
	case head == nil && c.report.Lines > 0:
		c.note("there is no head file: lines that were removed at the end cannot be seen")
	case head == nil:
	case head.Seq > c.last.Seq:
		c.report.problem("the head file names number %d, the last line is %d: lines are missing at the end", head.Seq, c.last.Seq)
	case head.Seq > 0 && !c.seen[*head]:
		c.report.problem("no line is the one that the head file names, %s", head)
	case head.Seq+1 < c.last.Seq:
		c.report.problem("the head file names number %d, the last line is %d: lines were added by hand", head.Seq, c.last.Seq)
	}
	if kept != nil && !c.seen[*kept] {
		c.report.problem("no line is the one that was kept elsewhere, %s", kept)
	}
}

// eachLine calls f for every line, without its end. The last may have none.
func eachLine(r io.Reader, f func(data []byte, ended bool)) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		var data []byte
		for {
			part, err := in.ReadSlice('\n')
			data = append(data, part...)
			if len(data) > MaxLine {
				return fmt.Errorf("line %d is longer than %d bytes: not an audit log", n, MaxLine)
			}
			if err == nil {
				break
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if len(data) > 0 {
				f(data, false)
			}
			return nil
		}
		f(bytes.TrimSuffix(data, []byte{'\n'}), true)
	}
}

// Last returns the data of the last entry of a whole log for which match is true, nil
// when there is none.
func Last(path string, match func(json.RawMessage) bool) (json.RawMessage, error) {
	report, err := Verify(path, nil)
	if err != nil {
		return nil, err
	}
	if len(report.Problems) > 0 {
		return nil, fmt.Errorf("audit log %s: %s", path, report.Problems[0])
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found json.RawMessage
	err = eachLine(file, func(data []byte, ended bool) {
		if e, _, err := parseLine(data); ended && err == nil && match(e.Data) {
			found = e.Data
		}
	})
	return found, err
}
