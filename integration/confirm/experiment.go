package confirm

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// A Trial is one way to build the program and to treat it.
type Trial string

const (
	Plain    Trial = "plain"    // as the user builds it
	Race     Trial = "race"     // with the race detector, which does not take I/O for synchronisation
	ASan     Trial = "asan"     // with the address sanitizer
	CheckPtr Trial = "checkptr" // with checks of pointer conversions
	Update   Trial = "update"   // replaced by a build whose cast structs have one field more
	Fault    Trial = "fault"    // with a panic put into exported functions
)

// An experiment is how the loss that one kind of finding warns of is observed.
type experiment struct {
	trial  Trial
	oracle string // what decides, for documentation
	needs  need   // what has to be done to the program
	// change puts what observes it at the place of the finding (end -1) or of its
	// end'th related place. site is the number of its counters, and first that of
	// the finding's own place, -1 when that is not counted.
	change func(s *build.Site, site, first, end int)
	// changeFor is used in the place of change, if it is set, where what is put in
	// depends on the finding.
	changeFor func(f *finding.Finding, s *build.Site, site, first, end int)
	// only limits the experiment to some findings of its category; nil: all.
	only  func(f *finding.Finding) bool
	judge func(c *Case) opinion
}

// put puts what observes a finding at one of its places.
func (e *experiment) put(f *finding.Finding, s *build.Site, site, first, end int) {
	if e.changeFor != nil {
		e.changeFor(f, s, site, first, end)
		return
	}
	e.change(s, site, first, end)
}

// A need is what has to be done to the program for a loss to happen.
type need string

const (
	nothing need = ""        // but that it runs, and ends
	reload  need = "reload"  // told to reload
	restart need = "restart" // told to replace itself
	ending  need = "ending"  // that it ends, in as many ways as are known
)

// experiments has the kinds whose loss can be observed, by category.
var experiments = merge(profileExperiments, castExperiments, configExperiments, callbackExperiments)

func merge(tables ...map[string]experiment) map[string]experiment {
	all := make(map[string]experiment)
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// again has second experiments, by category, for findings that the first one did
// not confirm.
var again = merge(callbackAgain)

// experimentFor returns the experiment that observes a finding in a trial.
func experimentFor(f *finding.Finding, t Trial) (experiment, bool) {
	for _, table := range []map[string]experiment{experiments, again} {
		e, ok := table[f.Category]
		if ok && e.trial == t && (e.only == nil || e.only(f)) {
			return e, true
		}
	}
	return experiment{}, false
}

// skipped has the categories without an experiment, and why there is none.
var skipped = map[string]string{
	"cgoexport/abi":          "what C makes of the bytes that Go does not set is seen in C alone",
	"hotvetignore/malformed": "it is about a comment, not about what the program does",
	"hotvetignore/unknown":   "it is about a comment, not about what the program does",
}

// Kinds returns the categories of findings that can be confirmed, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(experiments)) }

// Oracle says by what a category is judged, or why it cannot be; it is empty for an
// unknown one.
func Oracle(category string) string {
	if reason, ok := skipped[category]; ok {
		return reason
	}
	return experiments[category].oracle
}

// NeedsReload reports whether findings of the category are about a reload.
func NeedsReload(category string) bool { return experiments[category].needs == reload }

// NeedsRestart reports whether findings of the category are about a restart.
func NeedsRestart(category string) bool { return experiments[category].needs == restart }

// GainsByRestart reports whether a restart can show the loss of findings of the
// category, beside other ends of the program.
func GainsByRestart(category string) bool {
	return NeedsRestart(category) || experiments[category].needs == ending
}

// A Case is a finding with what was observed about it.
type Case struct {
	Finding *finding.Finding
	Site    int   // number of the counters of its place, -1 when it is not counted
	Ends    []int // the same of its related places
	*Observation

	cast *castCase // of findings about casts
}

// ran returns the images that came to the place of the finding; if the place is
// not counted, all of them.
func (c *Case) ran() []*Image {
	if c.Site < 0 {
		return c.Images
	}
	var list []*Image
	for _, m := range c.Images {
		if m.Count(c.Site, probeHits) > 0 {
			list = append(list, m)
		}
	}
	return list
}

// endReached reports whether m came to one of the related places, or none of them
// is counted.
func (c *Case) endReached(m *Image) bool {
	counted := false
	for _, site := range c.Ends {
		if site >= 0 {
			counted = true
			if m.Count(site, probeHits) > 0 {
				return true
			}
		}
	}
	return !counted
}

// endPlaces names the related places, for a message.
func (c *Case) endPlaces() string {
	var list []string
	for _, r := range c.Finding.Related {
		list = append(list, fmt.Sprintf("%s:%d", path.Base(r.Posn.File), r.Posn.Line))
	}
	return strings.Join(list, " or ")
}

// An opinion is what a judge thinks of one finding.
type opinion struct {
	result   string
	reason   string
	evidence []*finding.Evidence
	// ends is set when the loss is that the program ends, or does not get to serve:
	// that it did is then no failure of the run.
	ends bool
}

// unreached is the opinion that nothing was observed, because of a reason.
func unreached(format string, args ...any) opinion {
	return opinion{result: finding.Unreached, reason: fmt.Sprintf(format, args...)}
}

func confirmed(reason string, evidence ...*finding.Evidence) opinion {
	return opinion{result: finding.Confirmed, reason: reason, evidence: evidence}
}

func refuted(reason string, evidence ...*finding.Evidence) opinion {
	return opinion{result: finding.Refuted, reason: reason, evidence: evidence}
}

// evidence makes a piece of it. data is a struct, or a map, of strings and numbers.
func evidence(kind string, data any, format string, args ...any) *finding.Evidence {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return &finding.Evidence{Kind: kind, Text: fmt.Sprintf(format, args...), Data: raw}
}

// weight orders opinions: what was seen once counts more than what was not seen
// in another run.
func (o opinion) weight() int {
	return map[string]int{finding.Confirmed: 2, finding.Refuted: 1}[o.result]
}

// Skipped returns the categories that cannot be observed in any run, sorted. Their
// [Oracle] is the reason.
func Skipped() []string { return slices.Sorted(maps.Keys(skipped)) }
