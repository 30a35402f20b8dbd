// Package confirm runs a program that has findings, restarts it and says of each
// finding whether the loss it warns of was observed.
//
// Each kind of finding has an [Oracle]: an experiment that names the build and the
// treatment it needs, a [Trial], and what is put into the program, through an
// overlay, to see what happens at the place of the finding. One run of a trial
// goes through the steps of a [Scenario]: start, wait until it serves, send
// requests, reload under load, restart, send requests again, stop. What was seen
// is an [Observation]; judges, one for each kind, turn it into evidence and a
// verdict without looking at anything else.
package confirm

import (
	"errors"
	"slices"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// Options say what to run and how.
type Options struct {
	Target   *build.Target
	Tags     []string // build tags
	Dir      string   // absolute; relative files of findings are below it
	Env      []string // whole environment, for the go command and the program
	Temp     string   // absolute; the run's own folder is made in it, and removed
	Scenario *Scenario

	// New is the folder of the program's new version, as a tree of its module; empty
	// for a build that hotvet makes of the old one.
	New string

	// Progress is told what is being done, or what happened to the program: one of
	// the two is set. It is not nil.
	Progress func(what string, event *finding.Event)
}

// A Result is what the runs say about the findings, in their order.
type Result struct {
	Evidence []*finding.Evidence
	Verdicts []*finding.Verdict
	Tallies  []Tally
	Costs    []finding.Cost
	Checks   []finding.Row // what became of code addresses, C calls and profiling at the restart
}

// hinted is an error for which it is known what can be done.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint returns what can be done about an error of [Run], empty when that is not
// known.
func Hint(err error) string {
	if h := (*hinted)(nil); errors.As(err, &h) {
		return h.hint
	}
	return ""
}

// A Tally counts the runs by what each of them says about a finding.
type Tally struct{ Confirmed, Refuted, Unreached int }

// Confirmed counts the findings whose loss was observed.
func (r *Result) Confirmed() int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Result == finding.Confirmed {
			n++
		}
	}
	return n
}

// trials returns the trials that the findings need, in a fixed order.
func trials(findings []*finding.Finding) (list []Trial) {
	for _, t := range []Trial{Plain, Race, ASan, CheckPtr, Update, Fault} {
		if slices.ContainsFunc(findings, func(f *finding.Finding) bool { _, ok := experimentFor(f, t); return ok }) {
			list = append(list, t)
		}
	}
	return list
}

// opinions collects what is thought of each finding, run by run.
type opinions []tallied

// A tallied opinion is the weightiest of some, which are counted.
type tallied struct {
	opinion
	Tally
	trial Trial // whose runs are counted
}

// newOpinions begins with what is known before anything has run.
func newOpinions(findings []*finding.Finding) opinions {
	list := make(opinions, len(findings))
	for i, f := range findings {
		if _, ok := experiments[f.Category]; ok {
			list[i].opinion = unreached("the program was not run")
		} else if reason, ok := skipped[f.Category]; ok {
			list[i].opinion = unreached("there is no experiment for %s: %s", f.Category, reason)
		} else {
			list[i].opinion = unreached("this version of hotvet has no experiment for %s", f.Category)
		}
	}
	return list
}

// add keeps the weightier of two opinions, the newer one if they weigh the same.
func (list opinions) add(i int, o opinion) {
	if o.weight() >= list[i].weight() {
		list[i].opinion = o
	}
}

// done reports whether a trial has nothing to add for any finding.
func (list opinions) done(findings []*finding.Finding, t Trial) bool {
	for i, f := range findings {
		if _, ok := experimentFor(f, t); ok && !list.settled(i, t) {
			return false
		}
	}
	return true
}

// settled reports whether a finding was confirmed in a trial before t.
func (list opinions) settled(i int, t Trial) bool {
	return list[i].trial != t && list[i].Confirmed > 0
}

// begin has the runs of a trial counted, and no longer those of another before it.
func (t *tallied) begin(trial Trial) {
	if t.trial != trial {
		t.Tally, t.trial = Tally{}, trial
	}
}

// count adds one run to a tally.
func (t *Tally) count(o opinion) {
	switch o.result {
	case finding.Confirmed:
		t.Confirmed++
	case finding.Refuted:
		t.Refuted++
	default:
		t.Unreached++
	}
}

// fail notes for the findings of a trial why nothing was observed.
func (list opinions) fail(findings []*finding.Finding, t Trial, format string, args ...any) {
	for i, f := range findings {
		if _, ok := experimentFor(f, t); ok {
			list.add(i, unreached(format, args...))
		}
	}
}

// judge adds what an observation means for the findings of its trial, and counts
// it. It reports whether an end that came too early is the loss that a finding
// warns of.
func (list opinions) judge(findings []*finding.Finding, o *Observation, m *marking, counts bool) (explained bool) {
	for i, f := range findings {
		e, ok := experimentFor(f, o.Trial)
		if !ok || list.settled(i, o.Trial) {
			continue
		}
		c := &Case{Finding: f, Site: m.site(i, -1), Observation: o}
		for end := range f.Related {
			c.Ends = append(c.Ends, m.site(i, end))
		}
		got := e.judge(c)
		if got.result == "" {
			continue
		}
		explained = explained || got.ends
		if counts {
			list[i].begin(o.Trial)
			list[i].count(got)
		}
		list.add(i, got)
	}
	return explained
}

// result returns the opinions as verdicts with evidence.
func (list opinions) result(findings []*finding.Finding) *Result {
	r := new(Result)
	for i, o := range list {
		for _, e := range o.evidence {
			e.Finding = findings[i].ID
			r.Evidence = append(r.Evidence, e)
		}
		r.Tallies = append(r.Tallies, o.Tally)
		r.Verdicts = append(r.Verdicts, &finding.Verdict{Finding: findings[i].ID, Result: o.result, Reason: o.reason})
	}
	return r
}
