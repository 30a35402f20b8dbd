package confirm

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/hotvet/hotvet/integration/sanitize"
)

// judgeMixed says whether two loads of one call gave two versions of the state.
func judgeMixed(c *Case) opinion {
	site := c.sites(own)
	hits := c.total(site, probeHits, false)
	mixed, kept := c.total(site, probeMixed, false), c.total(site, probeKept, false)
	unsteady := c.total(site, probeUnsteady, false)
	data := map[string]uint64{"mixed": mixed, "kept": kept, "unsteady": unsteady, "calls": hits, "held": c.total(site, probeHolds, false)}
	switch {
	case len(site) == 0:
		return unreached("the loads are not in a function of this module")
	case hits == 0:
		return unreached("the program never came to the first load")
	case unsteady > 0:
		return unreached("the two loads differ without a reload, so they may be of two states")
	case mixed > 0:
		return confirmed("one call loaded two versions of the state", evidence("versions", data,
			"%s and %s loaded different versions in %d of %s during which the state was replaced",
			c.place(loads), short(c.Finding.Posn.File, c.Finding.Posn.Line), mixed, howMany(mixed+kept, "call")))
	case kept > 0:
		return refuted("each call used one version of the state", evidence("versions", data,
			"%s used what the call had loaded before, in %s during which the state was replaced",
			short(c.Finding.Posn.File, c.Finding.Posn.Line), howMany(kept, "call")))
	case !c.has(replaces) || len(c.sites(replaces)) == 0:
		return unreached("the place where the state is replaced cannot be watched")
	}
	return unreached("the state was not replaced between the two loads of a call")
}

// place returns the first related place of a part as FILE:LINE.
func (c *Case) place(p part) string {
	for end, r := range c.Finding.Related {
		if partOf(c.Finding, end) == p {
			return short(r.Posn.File, r.Posn.Line)
		}
	}
	return "the first load"
}

// howMany returns a number of things, as "1 time" or "2 times".
func howMany(n uint64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// short names a line for people.
func short(file string, line int) string { return filepath.Base(file) + ":" + strconv.Itoa(line) }

// judgeSnapshot says whether a loop went on with a copy after the state had been
// replaced.
func judgeSnapshot(c *Case) opinion {
	best := unreached("the program never came to the copy")
	for _, m := range c.ran() {
		if o := c.judgeCopy(m); o.weight() > best.weight() || best.weight() == 0 {
			best = o
		}
	}
	return best
}

// enoughRounds is how many rounds after a replacement show that the loop does not
// take it in: the first may have begun before.
const enoughRounds = 2

func (c *Case) judgeCopy(m *Image) opinion {
	reloads, rounds, again := m.Count(c.Site, probeReloads), m.Count(c.Site, probeRounds), m.Count(c.Site, probeAgain)
	stale := m.Count(c.Site, probeStale)
	data := map[string]uint64{"replaced": reloads, "rounds": rounds, "stale": stale, "copies": again}
	where := short(c.Finding.Posn.File, c.Finding.Posn.Line)
	switch {
	case c.Site < 0:
		return unreached("the copy is not in a function of this module")
	case len(c.sites(replaces)) == 0:
		return unreached("the place where the state is replaced cannot be watched")
	case reloads == 0:
		return unreached("the state was not replaced after the copy had been taken")
	case again > 0:
		return refuted("the state is copied anew after a reload", evidence("rounds", data,
			"after the replacement the copy at %s was taken %s in %s of the loop", where, howMany(again, "time"), howMany(rounds, "round")))
	case rounds < enoughRounds:
		return unreached("the loop did not go on after the reload")
	case stale < enoughRounds:
		return unreached("the loop went on, but its copy was not seen to differ from the state")
	}
	return confirmed("the loop kept its copy after the reload", evidence("rounds", data,
		"the state was replaced %s, and in %s of the loop since then the copy taken at %s was not the state any more",
		howMany(reloads, "time"), howMany(stale, "round"), where))
}

// judgeFree says whether memory was used that a reload had freed.
func judgeFree(c *Case) opinion {
	site := c.sites(own)
	if len(site) == 0 {
		return unreached("the free is not in a function of this module")
	}
	others := 0
	for _, m := range c.Images {
		for _, r := range m.ASan {
			top, ok := r.Top()
			if !c.freed(m, r) {
				others++
				continue
			}
			where := "C code"
			if ok && top.Line > 0 {
				where = short(top.File, top.Line) + " (" + top.Func + ")"
			}
			return confirmed("the old configuration was used after it had been freed", evidence("asan", r,
				"%s of %d bytes at %s, in memory that %s had freed", r.Access, r.Size, where,
				short(c.Finding.Posn.File, c.Finding.Posn.Line)))
		}
	}
	freed := c.total(site, probeHits, true)
	used, held := c.total(c.sites(uses), probeHits, true), c.total(site, probeHolds, false)
	switch {
	case freed == 0:
		return unreached("the program never came to the free after it was told to reload")
	case used == 0:
		return unreached("nothing used the state while the program reloaded")
	}
	return refuted("no freed configuration was used", evidence("asan",
		map[string]uint64{"freed": freed, "uses": used, "held": held, "other_reports": uint64(others)},
		"freed %s beside %s, %d of them held during the reload, and never used afterwards",
		howMany(freed, "time"), howMany(used, "use"), held))
}

// freed reports whether a report is about memory that the finding's place freed.
func (c *Case) freed(m *Image, r sanitize.ASan) bool {
	if r.Kind != "heap-use-after-free" || r.Access == "" {
		return false
	}
	for _, known := range m.Addresses[c.Site] {
		if r.Region.Start == known.Start {
			return true
		}
	}
	return false
}
