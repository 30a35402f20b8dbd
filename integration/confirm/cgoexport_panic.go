package confirm

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/sanitize"
)

// A raised panic is one that left an export: the frames from the function that
// raised it down to the export.
type raisedPanic []sanitize.Frame

// parseRaised reads what the probe says: a frame on each line, as function, line
// and file.
func parseRaised(text string) (p raisedPanic) {
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, file, ok := strings.Cut(rest, " ")
		n, err := strconv.Atoi(number)
		if ok && err == nil {
			p = append(p, sanitize.Frame{Func: name, File: file, Line: n})
		}
	}
	return p
}

// top returns the frame that raised the panic, outside the run-time system.
func (p raisedPanic) top() sanitize.Frame {
	if f, ok := sanitize.Top(p); ok {
		return f
	}
	return sanitize.Frame{}
}

// exportOf returns the frame of the function that C called: below it there is only
// what cgo made.
func (p raisedPanic) export() sanitize.Frame {
	for i := len(p) - 1; i >= 0; i-- {
		if !strings.HasPrefix(p[i].Func, "_cgoexp_") && !p[i].Library() {
			return p[i]
		}
	}
	return sanitize.Frame{}
}

// passes reports whether a panic came through one of the places.
func passes(stack []sanitize.Frame, places []span) bool {
	for _, f := range stack {
		for _, s := range places {
			if s.has(f) {
				return true
			}
		}
	}
	return false
}

// A span is some lines of a file, which is known by its folder and name: reports
// may have the whole path by another name.
type span struct {
	file        string
	first, last int
}

func (s span) has(f sanitize.Frame) bool {
	return f.Line >= s.first && f.Line <= s.last && tail(f.File) == s.file
}

// tail returns the last two elements of a path.
func tail(file string) string {
	file = filepath.ToSlash(file)
	return path.Join(path.Base(path.Dir(file)), path.Base(file))
}

// places returns the lines of the finding's own place, and of the related ones
// with a message.
func (c *Case) places(messages ...string) []span {
	var list []span
	add := func(from, to finding.Position) {
		file := filepath.FromSlash(from.File)
		if !filepath.IsAbs(file) && len(c.Dirs) > 0 {
			file = filepath.Join(c.Dirs[0], file)
		}
		list = append(list, span{tail(file), from.Line, max(from.Line, to.Line)})
	}
	add(c.Finding.Posn, c.Finding.End)
	for _, r := range c.Finding.Related {
		for _, m := range messages {
			if r.Message == m {
				add(r.Posn, r.Posn)
			}
		}
	}
	return list
}

// panicOf returns a panic that left the export of the finding in m through one of
// its places, nil when there was none.
func (c *Case) panicOf(m *Image) raisedPanic {
	list := c.places(relatedRisk)
	if risk := endOf(c.Finding, relatedRisk); risk >= 0 {
		list = list[1:] // the line of the name is no place of a panic
	}
	for _, p := range m.Panics[c.Site] {
		if passes(p, list) {
			return p
		}
	}
	return nil
}

// fatalOf returns the end of the program by a panic that passed a panic's first
// place, nil when it did not end so: another function may have recovered it.
func (c *Case) fatalOf(p raisedPanic) *sanitize.Fatal {
	top := p.top()
	for _, f := range c.ended() {
		if f.Kind == sanitize.KindPanic && passes(f.Stack, []span{{tail(top.File), top.Line, top.Line}}) {
			return &f
		}
	}
	return nil
}

// lived reports whether a panic in m cannot have ended the program.
func (c *Case) lived(m *Image) bool {
	return m.PID == c.PID && (m.End != Exited || c.Signal == "" && c.Code != 2)
}

// confirmPanic tells of a panic that left the export.
func (c *Case) confirmPanic(m *Image, p raisedPanic, reason string) opinion {
	top, export := p.top(), p.export()
	data := struct {
		Raised sanitize.Frame `json:"raised"`
		Export sanitize.Frame `json:"export"`
		Exit   string         `json:"exit,omitempty"`
		Text   string         `json:"message,omitempty"`
	}{Raised: top, Export: export}
	f := c.fatalOf(p)
	if f == nil {
		text := fmt.Sprintf("a panic raised in %s at %s left %s at %s into C", top.Func, short(top.File, top.Line), export.Func, short(export.File, export.Line))
		if c.lived(m) {
			text += "; a function of Go behind C recovered it, and what C still had to do was not done"
		}
		return confirmed(reason, evidence("panic", data, "%s", text))
	}
	data.Exit, data.Text = c.Exit, f.Message
	o := confirmed(reason, evidence("panic", data, "the program ended with %s: panic: %s, raised in %s at %s, left %s at %s into C",
		c.Exit, f.Message, top.Func, short(top.File, top.Line), export.Func, short(export.File, export.Line)))
	o.ends = true
	return o
}

// judgePanic says whether a panic of the program itself left the export.
func judgePanic(c *Case) opinion {
	if c.Site < 0 {
		return outside()
	}
	return c.best(unreached("C never called the export"), c.entered(), func(m *Image) opinion {
		if p := c.panicOf(m); p != nil {
			return c.confirmPanic(m, p, "a panic left the export through C")
		}
		calls, reached := m.Count(c.Site, probeEntered), m.Count(c.Site, probePlaces)
		data := map[string]uint64{"calls": calls, "reached": reached}
		if risk := endOf(c.Finding, relatedRisk); risk >= 0 && c.Ends[risk] >= 0 {
			raised := m.Count(c.Ends[risk], probeHits)
			if raised > 0 && m.Count(c.Site, probeLeft) > 0 {
				data["reached"] = raised
				at := c.Finding.Related[risk].Posn
				return refuted("the panic does not leave the export", evidence("panic", data,
					"%s was reached %s in %d calls of the export, and no panic left it", short(at.File, at.Line), times(raised), calls))
			}
			return unreached("C called the export %s, and what can panic was not reached", times(calls))
		}
		if reached > 0 && reached < calls {
			return refuted("calls are turned away before what can panic", evidence("panic", data,
				"%d of %d calls of the export did not come to %s, and no panic left the others", calls-reached, calls, c.where()))
		}
		return unreached("C called the export %s, and nothing panicked in it", times(calls))
	})
}

// judgeThrown says whether a panic that hotvet put into the export left it.
func judgeThrown(c *Case) opinion {
	return c.best(opinion{}, c.entered(), func(m *Image) opinion {
		calls := m.Count(c.Site, probeEntered)
		if m.Count(c.Site, probeThrown) == 0 {
			return opinion{}
		}
		data := map[string]uint64{"calls": calls, "left": m.Count(c.Site, probePanicked)}
		where := c.where()
		if risk := endOf(c.Finding, relatedRisk); risk >= 0 {
			where = short(c.Finding.Related[risk].Posn.File, c.Finding.Related[risk].Posn.Line)
		}
		for _, p := range m.Panics[c.Site] {
			if !strings.HasSuffix(p[0].Func, "/"+probeName+".Throw") {
				continue
			}
			ended := ""
			if c.lived(m) {
				ended = "; a function of Go behind C recovered it, and what C still had to do was not done"
			}
			o := confirmed("a panic at this place leaves the export through C")
			for _, f := range c.ended() {
				if f.Kind == sanitize.KindPanic && strings.Contains(f.Message, injectedPanic) {
					ended, o.ends = " and ended the program with "+c.Exit, true
				}
			}
			export := p.export()
			o.evidence = []*finding.Evidence{evidence("panic-put", data,
				"a panic that hotvet put at %s, in place of one of the function called there, left %s into C%s", where, export.Func, ended)}
			return o
		}
		return refuted("a panic at this place does not leave the export", evidence("panic-put", data,
			"a panic that hotvet put at %s, in place of one of the function called there, was recovered before it left the export", where))
	})
}

// injectedPanic is the message of the probe's panic.
const injectedPanic = "hotvet put this panic here"
