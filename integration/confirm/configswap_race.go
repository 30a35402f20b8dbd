package confirm

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/sanitize"
)

// judgeRace says whether the race detector saw the replacement of a state and a
// use of it that nothing orders.
//
// The detector may report any memory, and without input and output for
// synchronisation it reports more than is wrong. So a report counts only when one
// side of it is the finding's replacement of the variable, as it happened after the
// program had been told to reload, and the other a use of the same variable: at a
// line of the finding, or at an address at which the probe saw the variable.
func judgeRace(c *Case) opinion {
	writers := c.writers()
	lines := c.linesByPart()
	accepted, unclear, ignored := c.reports(lines)
	fatal := c.fatalMap(lines)
	replaced := c.total(writers, probeHits, true)
	users := append(c.sites(uses), c.sites(calls)...)
	if c.has(replaces) {
		users = append(users, c.sites(own)...)
	}
	// What was started before the reload goes on.
	used := c.total(users, probeHits, true) + c.total(c.sites(starts), probeHits, false)
	users = append(users, c.sites(starts)...)
	switch {
	case len(writers) == 0:
		return unreached("the place where the state is replaced is not in a function of this module")
	case fatal != nil && (len(accepted) > 0 || !c.addressed()):
		return c.confirmFatal(fatal, accepted)
	case replaced == 0 && !c.elsewhereKept():
		return unreached("the state was not replaced after the program was told to reload")
	case len(accepted) > 0:
		return c.confirmRace(accepted, ignored)
	case unclear > 0:
		return unreached("a race on the state was reported, but not by what: one side is not known, or is not the replacement")
	case c.total(c.sites(own), probeOverflow, false) > 0:
		return unreached("the state is in more objects than are watched")
	case len(users) == 0:
		return unreached("the race detector reported nothing, and no place in this module is known that uses the state")
	case used == 0:
		return unreached("nothing used the state while the program reloaded")
	case c.elsewhereKept() && (used == 0 || c.total(c.sites(entered), probeHits, true) == 0):
		// Whether the library took a reload in is not seen without a report.
		return unreached("the race detector reported nothing, and whether the library reloaded is not seen")
	case !c.elsewhereKept() && !c.together(writers, users):
		return unreached("the state was replaced in one process and used in another, which share no memory")
	}
	data := map[string]uint64{"replaced": replaced, "uses": used, "other_reports": uint64(ignored)}
	return refuted("the race detector saw the replacement and reported no race on it", evidence("race", data,
		"under the race detector the state was replaced at %s %s beside %s, and no race on it was reported",
		c.writePlace(), howMany(replaced, "time"), howMany(used, "use")))
}

// writers returns the sites at which the state is replaced.
func (c *Case) writers() []int {
	if c.has(replaces) {
		return c.sites(replaces)
	}
	return c.sites(own)
}

// writePlace returns where the state is replaced, as FILE:LINE.
func (c *Case) writePlace() string {
	if c.has(replaces) {
		return c.place(replaces)
	}
	return short(c.Finding.Posn.File, c.Finding.Posn.Line)
}

// linesByPart returns the lines of the finding that use or replace the state, by
// file and line.
func (c *Case) linesByPart() map[string]part {
	lines := make(map[string]part)
	add := func(posn finding.Position, p part) {
		for _, dir := range c.Dirs {
			file := filepath.FromSlash(posn.File)
			if !filepath.IsAbs(file) {
				file = filepath.Join(dir, file)
			}
			lines[fmt.Sprintf("%s:%d", file, posn.Line)] = p
		}
	}
	for end, r := range c.Finding.Related {
		if p := partOf(c.Finding, end); p != elsewhere {
			add(r.Posn, p)
		}
	}
	if c.has(replaces) {
		add(c.Finding.Posn, uses)
	} else {
		add(c.Finding.Posn, replaces)
	}
	return lines
}

func lineOf(lines map[string]part, f sanitize.Frame) part {
	return lines[fmt.Sprintf("%s:%d", f.File, f.Line)]
}

// A raceReport is one that counts.
type raceReport struct {
	write, other           sanitize.Access
	writeFrame, otherFrame sanitize.Frame // that of an atomic write may be empty
}

// reports returns the reports that count, those in which both lines are the
// finding's first, how many are about the variable too but not clear, and how many
// there are besides.
func (c *Case) reports(lines map[string]part) (accepted []raceReport, unclear, ignored int) {
	for _, m := range c.Images {
		for _, r := range m.Races {
			got, ok := c.accept(m, r, lines)
			switch {
			case ok && lineOf(lines, got.otherFrame) != elsewhere && !got.other.Write:
				accepted = append([]raceReport{got}, accepted...)
			case ok:
				accepted = append(accepted, got)
			case c.concerns(m, r, lines):
				unclear++
			default:
				ignored++
			}
		}
	}
	return accepted, unclear, ignored
}

// concerns reports whether a report is about the variable, whoever used it.
func (c *Case) concerns(m *Image, r sanitize.Race, lines map[string]part) bool {
	for _, a := range r.Accesses {
		if inside(m.Addresses[c.Site], a.Addr) {
			return true
		}
		if _, passed := frameAt(a.Stack, lines, replaces); passed && a.Write && len(m.Addresses[c.Site]) == 0 {
			return true // something that the replacement does races
		}
		top, ok := a.Top()
		if ok && len(m.Addresses[c.Site]) == 0 && lineOf(lines, top) != elsewhere {
			return true
		}
	}
	return false
}

// addressed reports whether the probe saw the variable.
func (c *Case) addressed() bool {
	return slices.ContainsFunc(c.Images, func(m *Image) bool { return len(m.Addresses[c.Site]) > 0 })
}

func inside(ranges []Range, address uint64) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.Contains(address) })
}

// accept looks at a report from both sides.
func (c *Case) accept(m *Image, r sanitize.Race, lines map[string]part) (raceReport, bool) {
	if r.Damage != "" {
		return raceReport{}, false
	}
	for i := range r.Accesses {
		got := raceReport{write: r.Accesses[i], other: r.Accesses[1-i]}
		var known, too bool
		got.writeFrame, known = got.write.Top()
		got.otherFrame, too = got.other.Top()
		if !known && !got.write.Atomic || !too || !got.write.Write || isProbe(got.writeFrame) || isProbe(got.otherFrame) {
			continue
		}
		if c.elsewhereKept() && c.libraryRace(got, r, lines) || c.variableRace(m, got, lines) {
			return got, true
		}
	}
	return raceReport{}, false
}

func isProbe(f sanitize.Frame) bool { return strings.HasSuffix(f.Package(), "/"+probeName) }

// variableRace reports whether a report is about the variable of the finding.
func (c *Case) variableRace(m *Image, r raceReport, lines map[string]part) bool {
	other := lineOf(lines, r.otherFrame)
	if lineOf(lines, r.writeFrame) != replaces {
		// The detector does not know the caller of an atomic access, but at most the
		// caller of that.
		ranges := m.Addresses[c.Site]
		return r.write.Atomic && r.write.Goroutine != "main" && other == uses &&
			inside(ranges, r.write.Addr) && inside(ranges, r.other.Addr)
	}
	if r.otherFrame.File == r.writeFrame.File && r.otherFrame.Line == r.writeFrame.Line {
		return false // two replacements
	}
	ranges := m.Addresses[c.Site]
	if len(ranges) == 0 {
		// The variable is known by its lines alone.
		return other == uses
	}
	// Main's own accesses may be those from before the service began, which input
	// and output order.
	return inside(ranges, r.write.Addr) && inside(ranges, r.other.Addr) &&
		(other != elsewhere || r.other.Goroutine != "main")
}

// libraryRace reports whether a report is about the state of the library that the
// finding's lines call. Both sides are in the library. Either the write was called
// by the reload at the finding's own line, and the other side is no set-up of the
// main goroutine; or a line of the finding called the other side, and the write is on
// a goroutine that the library started itself.
func (c *Case) libraryRace(r raceReport, whole sanitize.Race, lines map[string]part) bool {
	library := r.writeFrame.Package()
	if library == "" || library != r.otherFrame.Package() {
		return false
	}
	if calledAt(r.write.Stack, lines, replaces) == library && r.other.Goroutine != "main" {
		return true
	}
	return calledAt(r.other.Stack, lines, calls) == library && startedBy(r.write, whole, library)
}

// calledAt returns the package that is called at a line of a part, among the
// frames of a stack, empty when there is no such line.
func calledAt(stack []sanitize.Frame, lines map[string]part, p part) string {
	for i, f := range stack {
		if i > 0 && lineOf(lines, f) == p && stack[i-1].Package() != f.Package() {
			return stack[i-1].Package()
		}
	}
	return ""
}

// frameAt returns the frame of a stack that is at a line of a part.
func frameAt(stack []sanitize.Frame, lines map[string]part, p part) (sanitize.Frame, bool) {
	for _, f := range stack {
		if lineOf(lines, f) == p {
			return f, true
		}
	}
	return sanitize.Frame{}, false
}

// startedBy reports whether the goroutine of an access was started by a package
// and runs nothing but functions of that and of the standard library.
func startedBy(a sanitize.Access, r sanitize.Race, pkg string) bool {
	for _, f := range a.Stack {
		if !f.Library() && f.Package() != pkg {
			return false
		}
	}
	for _, g := range r.Goroutines {
		if g.ID == a.Goroutine && len(g.Stack) > 0 {
			return g.Stack[0].Package() == pkg
		}
	}
	return false
}

// confirmRace tells of the reports that count.
func (c *Case) confirmRace(accepted []raceReport, ignored int) opinion {
	r := accepted[0]
	data := struct {
		Reports int            `json:"reports"`
		Others  int            `json:"other_reports"`
		Write   sanitize.Frame `json:"write"`
		Other   sanitize.Frame `json:"other"`
		Address string         `json:"address"`
	}{len(accepted), ignored, r.writeFrame, r.otherFrame, fmt.Sprintf("%#x", r.write.Addr)}
	verb := "read"
	if r.other.Write {
		verb = "write"
	}
	text := fmt.Sprintf("data race: write at %s and %s at %s, %s", c.side(r.writeFrame, r.write), verb, c.side(r.otherFrame, r.other), howMany(uint64(len(accepted)), "report"))
	if called, ok := frameAt(r.other.Stack, c.linesByPart(), calls); ok {
		text += ", called at " + short(called.File, called.Line)
	}
	o := confirmed("nothing orders the replacement and a use of the state", evidence("race", data, "%s", text))
	o.ends = c.fellOver()
	return o
}

// side tells of one side of a race.
func (c *Case) side(f sanitize.Frame, a sanitize.Access) string {
	goroutine := "goroutine " + a.Goroutine
	if a.Goroutine == "main" {
		goroutine = "the main goroutine"
	}
	switch {
	case f == (sanitize.Frame{}):
		return "an atomic operation (" + goroutine + ")"
	case a.Atomic:
		return fmt.Sprintf("an atomic operation below %s (%s, %s)", short(f.File, f.Line), f.Func, goroutine)
	}
	return fmt.Sprintf("%s (%s, %s)", short(f.File, f.Line), f.Func, goroutine)
}
