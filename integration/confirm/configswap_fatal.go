package confirm

import (
	"github.com/hotvet/hotvet/integration/sanitize"
)

// ended returns how the run-time system ended the program, if it did.
func (c *Case) ended() (list []sanitize.Fatal) {
	for _, f := range sanitize.ParseFatal(c.Output) {
		if f.Explains(c.Code, c.Signal) {
			list = append(list, f)
		}
	}
	return list
}

// fellOver reports whether the program ended because it used a value that was
// half replaced.
func (c *Case) fellOver() bool {
	for _, f := range c.ended() {
		if f.Class == sanitize.ClassFault || f.Class == sanitize.ClassConcurrentMap {
			return true
		}
	}
	return false
}

// fatalMap returns the error that a map was used beside a write to it at a line of
// the finding, nil when there was none.
func (c *Case) fatalMap(lines map[string]part) *sanitize.Fatal {
	for _, f := range c.ended() {
		if f.Class != sanitize.ClassConcurrentMap {
			continue
		}
		top, ok := f.Top()
		if ok && lineOf(lines, top) != elsewhere || c.has(calls) && ok && calledAt(f.Stack, lines, calls) == top.Package() {
			return &f
		}
	}
	return nil
}

func (c *Case) confirmFatal(f *sanitize.Fatal, accepted []raceReport) opinion {
	top, _ := f.Top()
	data := struct {
		Message string         `json:"message"`
		Frame   sanitize.Frame `json:"frame"`
	}{f.Message, top}
	o := confirmed("the map was used beside a write to it, which ended the program",
		evidence("fatal", data, "fatal error: %s, at %s (%s)", f.Message, short(top.File, top.Line), top.Func))
	if len(accepted) > 0 {
		o.evidence = append(o.evidence, c.confirmRace(accepted, 0).evidence...)
	}
	o.ends = true
	return o
}
