package confirm

import (
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/sanitize"
)

// judgeState says whether C entered the export while what that uses was not set
// yet, or not there any more, and what came of it.
func judgeState(c *Case) opinion {
	if c.Site < 0 {
		return outside()
	}
	if o, ok := c.mapError(); ok {
		return o
	}
	if endOf(c.Finding, relatedMap) >= 0 {
		return unreached("no callback met a write to the map, and the program was not run with the race detector")
	}
	return c.best(unreached("C never called the export"), c.entered(), c.judgeStateOf)
}

func (c *Case) judgeStateOf(m *Image) opinion {
	if p := c.panicOf(m); p != nil {
		return c.confirmPanic(m, p, "C entered the export while what it uses was not there")
	}
	calls, reached := m.Count(c.Site, probeEntered), m.Count(c.Site, probePlaces)
	before, after := m.Count(c.Site, probeBefore), m.Count(c.Site, probeAfter)
	data := map[string]uint64{"calls": calls, "reached": reached, "before": before, "after": after}
	set, deleted := c.ends(relatedSet), c.ends(relatedDelete)
	switch {
	case set && before > 0:
		return refuted("a call that comes early does no harm", evidence("calls", data,
			"C called the export %s before it was set, and no panic left it", times(before)))
	case deleted && after > 0:
		return refuted("C does not come back with what was deleted", evidence("calls", data,
			"C called the export %s after a handle had been deleted, and no panic left it", times(after)))
	case set && before == 0:
		return unreached("C called the export %s, never before it was set", times(calls))
	case deleted && after == 0:
		return unreached("C called the export %s, never after a handle had been deleted", times(calls))
	case reached > 0 && reached < calls:
		return refuted("calls are turned away before this place, and the others did no harm", evidence("calls", data,
			"%d of %d calls of the export did not come to %s, and no panic left the others", calls-reached, calls, c.where()))
	}
	return unreached("C called the export %s, and what it uses was always there", times(calls))
}

// ends reports whether a related place with the message is counted.
func (c *Case) ends(message string) bool {
	end := endOf(c.Finding, message)
	return end >= 0 && c.Ends[end] >= 0
}

// mapError returns the opinion about a fatal error on the map of the finding.
func (c *Case) mapError() (opinion, bool) {
	list := c.places(relatedMap)
	for _, f := range c.ended() {
		if f.Class != sanitize.ClassConcurrentMap {
			continue
		}
		top, ok := f.Top()
		if !ok || !passes([]sanitize.Frame{top}, list) {
			continue
		}
		o := confirmed("a callback met a write to the map, which ended the program", evidence("fatal", f.Message,
			"the program ended with %s: fatal error: %s, in %s at %s", c.Exit, f.Message, top.Func, short(top.File, top.Line)))
		o.ends = true
		return o, true
	}
	return opinion{}, false
}

// judgeSharedMap says whether the race detector saw a callback use the map beside
// a write to it.
func judgeSharedMap(c *Case) opinion {
	if o, ok := c.mapError(); ok {
		return o
	}
	if c.Site < 0 {
		return outside()
	}
	var others []span
	for _, r := range c.Finding.Related {
		if r.Message == relatedMap {
			others = append(others, c.span(r.Posn))
		}
	}
	own := c.places()
	calls, writes := uint64(0), uint64(0)
	for _, m := range c.Images {
		for _, r := range m.Races {
			if o, ok := c.mapRace(r, own, others); ok {
				return o
			}
		}
		calls += m.Count(c.Site, probePlaces)
		for end, site := range c.Ends {
			if c.Finding.Related[end].Message == relatedMap {
				writes += m.Count(site, probeHits)
			}
		}
	}
	switch {
	case calls == 0:
		return unreached("C never called the export")
	case writes == 0:
		return unreached("nothing else used the map while C called the export")
	}
	return refuted("the race detector saw both sides and found them in order", evidence("race",
		map[string]uint64{"calls": calls, "uses": writes},
		"the map was used %s at %s beside %s elsewhere under the race detector, which reported no race on it", times(calls), c.where(), times(writes)))
}

func (c *Case) span(posn finding.Position) span {
	d := *c
	d.Finding = &finding.Finding{Posn: posn, End: posn}
	return d.places()[0]
}

// mapRace accepts a report of which one side is at the finding's place and the
// other, one of them a write, elsewhere on the map.
func (c *Case) mapRace(r sanitize.Race, own, others []span) (opinion, bool) {
	if r.Damage != "" || !r.Accesses[0].Write && !r.Accesses[1].Write {
		return opinion{}, false
	}
	for i := range r.Accesses {
		mine, known := r.Accesses[i].Top()
		other, too := r.Accesses[1-i].Top()
		if known && too && passes([]sanitize.Frame{mine}, own) && passes([]sanitize.Frame{other}, others) {
			return confirmed("a callback uses the map beside a write to it", evidence("race", map[string]sanitize.Frame{"callback": mine, "other": other},
				"data race: %s at %s uses the map in a callback of C, beside %s at %s", mine.Func, short(mine.File, mine.Line), other.Func, short(other.File, other.Line))), true
		}
	}
	return opinion{}, false
}
