package confirm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// configExperiments are those of the analyzer configswap.
var configExperiments = map[string]experiment{
	"configswap/pointer":   raceExperiment("race report on the variable"),
	"configswap/multiword": raceExperiment("race report on the variable"),
	"configswap/map":       raceExperiment("race report on the map, or its fatal error"),
	"configswap/onesided":  raceExperiment("race report on the variable"),
	"configswap/mutate":    raceExperiment("race report on the published object"),
	"configswap/mixed": {
		trial:     Plain,
		needs:     reload,
		oracle:    "two loads of one call, around a replacement",
		changeFor: watchLoads,
		judge:     judgeMixed,
	},
	"configswap/snapshot": {
		trial:     Plain,
		needs:     reload,
		oracle:    "rounds of the loop in which its copy is not the state any more",
		changeFor: watchCopy,
		judge:     judgeSnapshot,
	},
	"configswap/free": {
		trial:     ASan,
		needs:     reload,
		oracle:    "use of the freed memory, seen by the address sanitizer",
		changeFor: watchFree,
		judge:     judgeFree,
	},
}

func raceExperiment(oracle string) experiment {
	return experiment{trial: Race, needs: reload, oracle: oracle, changeFor: watchVariable, judge: judgeRace}
}

// holds reports whether the experiment of a category holds goroutines while the
// program reloads.
func holds(category string) bool {
	return category == "configswap/mixed" || category == "configswap/free"
}

// A part is what a place is to a finding of configswap. The analyzer says it in
// the message of the place.
type part int

const (
	elsewhere part = iota // where a reload begins, or no place of the finding
	own                   // the finding's own
	replaces              // the state is replaced
	uses                  // it is used
	calls                 // a library that has the state is called
	starts                // what uses it is started, in a library that has the state
	loads                 // the first of two loads
	entered               // a function of another package begins that replaces the state
)

// partOf returns the part of the end'th related place of f, or of its own.
func partOf(f *finding.Finding, end int) part {
	if end < 0 {
		return own
	}
	switch f.Related[end].Message {
	case "replaced here":
		return replaces
	case "used here", "loaded here":
		return uses
	case "read here":
		return calls
	case "its reader is started here":
		return starts
	case "first version read here":
		return loads
	}
	if strings.HasSuffix(f.Related[end].Message, " replaces the state") {
		return entered
	}
	return elsewhere
}

// sites returns the numbers of the counted places of a part.
func (c *Case) sites(p part) (list []int) {
	if p == own && c.Site >= 0 {
		list = append(list, c.Site)
	}
	for end, site := range c.Ends {
		if partOf(c.Finding, end) == p && site >= 0 {
			list = append(list, site)
		}
	}
	return list
}

// elsewhereKept reports whether another package keeps the state.
func (c *Case) elsewhereKept() bool { return c.has(calls) || c.has(starts) }

// has reports whether the finding has a related place of the part.
func (c *Case) has(p part) bool {
	return slices.ContainsFunc(c.Finding.Related, func(r finding.Related) bool {
		return partOf(&finding.Finding{Related: []finding.Related{r}}, 0) == p
	})
}

// total sums a counter over sites and images. Those that the program got before
// it was told to reload are left out when since is set.
func (c *Case) total(sites []int, slot int, since bool) (n uint64) {
	for _, m := range c.Images {
		for _, site := range sites {
			if since {
				n += m.Since(site, slot)
			} else {
				n += m.Count(site, slot)
			}
		}
	}
	return n
}

// together reports whether one image came to a site of both lists since it was told
// to reload: the race detector sees what one process does.
func (c *Case) together(some, others []int) bool {
	return slices.ContainsFunc(c.Images, func(m *Image) bool {
		came := func(site int) bool { return m.Since(site, probeHits) > 0 }
		return slices.ContainsFunc(some, came) && slices.ContainsFunc(others, came)
	})
}

// watchVariable has the place counted, and the address of the variable noted. A
// replacement is preceded by a pause, for uses to come in it.
func watchVariable(f *finding.Finding, s *build.Site, site, _, end int) {
	s.Before = fmt.Sprintf("%s.Hit(%d)", probeName, site)
	part := partOf(f, end)
	if part == replaces || part == own && !(&Case{Finding: f}).has(replaces) {
		s.Before = fmt.Sprintf("%s.Pause(%d)", probeName, site)
	}
	switch part {
	case entered:
		s.Before, s.Body = "", s.Before
	case own:
		s.Pointer = fmt.Sprintf("%s.Address(%d, ", probeName, site)
		s.Pointee = fmt.Sprintf("%s.Pointee(%d, ", probeName, site)
	}
}

// watchReplacement has the beginning and the end of a replacement counted.
func watchReplacement(s *build.Site, first int) {
	s.Before = fmt.Sprintf("%s.Replace(%d)", probeName, first)
	s.After = fmt.Sprintf("%s.Reload(%d)", probeName, first)
}

// watchLoads has what is loaded first compared with what is loaded second in the
// same call of the function, which is held in between.
func watchLoads(f *finding.Finding, s *build.Site, site, first, end int) {
	if first < 0 {
		countHits(s, site, first, end)
		return
	}
	call := fmt.Sprintf("%sCall%d", probeName, first)
	switch partOf(f, end) {
	case own:
		s.Inner = fmt.Sprintf("%s := %s.Begin(%d); _ = %s", call, probeName, site, call)
		s.Operand = fmt.Sprintf("%s.Second(%s, ", probeName, call)
	case loads:
		s.Operand = fmt.Sprintf("%s.First(%s, ", probeName, call)
	case replaces:
		watchReplacement(s, first)
	default:
		countHits(s, site, first, end)
	}
}

// watchCopy has the rounds counted of the loop behind a copy.
func watchCopy(f *finding.Finding, s *build.Site, site, first, end int) {
	switch part := partOf(f, end); {
	case part == own:
		countHits(s, site, first, end)
		s.Loop = fmt.Sprintf("%s.Round(%d)", probeName, site)
		s.Compare = fmt.Sprintf("%s.Compare(%d, ", probeName, site)
	case part == replaces && first >= 0:
		watchReplacement(s, first)
	default:
		countHits(s, site, first, end)
	}
}

// watchFree has the address noted that is freed, and goroutines held that use the
// state.
func watchFree(f *finding.Finding, s *build.Site, site, first, end int) {
	countHits(s, site, first, end)
	switch part := partOf(f, end); {
	case part == own:
		s.Argument = fmt.Sprintf("%s.Freed(%d, ", probeName, site)
	case part == uses && first >= 0:
		// A load that stands alone is held behind itself, one that is part of a
		// return before the call ends.
		s.Around = fmt.Sprintf("%s.Held(%d, ", probeName, first)
		s.After = fmt.Sprintf("%s.Hold(%d)", probeName, first)
	}
}
