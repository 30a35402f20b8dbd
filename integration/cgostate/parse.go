package cgostate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one line of a dump; printed arguments make lines of some
// hundred bytes.
const maxLine = 1 << 20

// ParseStacks reads the text of all goroutine stacks of a process, as runtime.Stack,
// the debug=2 form of /debug/pprof/goroutine, SIGQUIT and a crash print
// it. It gives an error for a text without a goroutine, for a stack that ends
// inside a frame, and for lines of more than 1 MB: half a dump must not pass
// for a process at rest.
//
// Such a text shows neither the runtime's frames nor, as a rule, C frames. That
// C called Go is seen all the same: a Go frame on top of the stub of a C call,
// package._Cfunc_name, can only have been called from C, and so can a
// goroutine that nobody created, other than the main one. What calls C
// past cgo's stubs, as a library without cgo does, is not seen.
func ParseStacks(text io.Reader) (Report, error) {
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	var reading dump
	number := 0
	for lines.Scan() {
		number++
		if err := reading.line(strings.TrimSuffix(lines.Text(), "\r")); err != nil {
			return Report{}, fmt.Errorf("goroutine stacks, line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Report{}, fmt.Errorf("goroutine stacks, line %d: %w", number+1, err)
	}
	if err := reading.end(); err != nil {
		return Report{}, fmt.Errorf("goroutine stacks, line %d: %w", number, err)
	}
	if reading.report.Total == 0 {
		return Report{}, errors.New("the text has no goroutine: it is not the debug=2 form of a goroutine profile")
	}
	return reading.report, nil
}

// dump is a text being read: what is complete, and the goroutine whose lines come.
type dump struct {
	report Report
	open   *goroutineText
}

func (d *dump) line(line string) error {
	if strings.HasPrefix(line, "goroutine ") {
		if err := d.end(); err != nil {
			return err
		}
		begun, err := parseHeader(line)
		d.open = begun
		return err
	}
	if line == "" {
		return d.end()
	}
	if d.open == nil {
		// What a crash prints before the first stack and after a blank line.
		return nil
	}
	return d.open.line(line)
}

// end closes the goroutine that is open and keeps it if it is of interest.
func (d *dump) end() error {
	text := d.open
	if text == nil {
		return nil
	}
	d.open = nil
	if text.named {
		return fmt.Errorf("the stack of goroutine %d ends inside a frame", text.goroutine.ID)
	}
	if text.goroutine.ID == 0 {
		// A crash prints the scheduler's own stack of the thread under this
		// number; no goroutine has it.
		return nil
	}
	d.report.Total++
	if text.hidden {
		d.report.Hidden++
		return nil
	}
	text.judge()
	if g := text.goroutine; g.InC || g.Locked || len(g.Callbacks) > 0 {
		d.report.Goroutines = append(d.report.Goroutines, g)
	}
	return nil
}
