// Package confirm runs a program that has findings, restarts it and says of each
// finding whether the loss it warns of was observed.
//
// One run goes through fixed steps: build with a probe, start, wait until it
// listens, send requests, restart by a signal, look at what was handed over while
// the new image is held before main, send requests again, stop. What was seen is
// an [Observation]; judges, one for each kind of finding, turn it into evidence
// and a verdict without looking at anything else.
package confirm

import (
	"slices"
	"syscall"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// Options say what to run and how.
type Options struct {
	Target *build.Target
	Tags   []string // build tags
	Dir    string   // absolute; relative files of findings are below it
	Args   []string // for the program
	Env    []string // whole environment, for the go command and the program
	Temp   string   // absolute; the run's own folder is made in it, and removed

	Restart  syscall.Signal // makes the program replace itself
	Path     string         // requested from HTTP servers
	Requests int            // to each address, before and again after the restart
	Step     time.Duration  // limit of each step after the build

	Progress func(string) // told what is being done; not nil
}

// A Result is what a run says about the findings, in their order.
type Result struct {
	Evidence []*finding.Evidence
	Verdicts []*finding.Verdict
}

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

// add appends a verdict on f with its evidence.
func (r *Result) add(f *finding.Finding, o opinion) {
	for _, e := range o.evidence {
		e.Finding = f.ID
		r.Evidence = append(r.Evidence, e)
	}
	r.Verdicts = append(r.Verdicts, &finding.Verdict{Finding: f.ID, Result: o.result, Reason: o.reason})
}

// An opinion is what a judge thinks of one finding.
type opinion struct {
	result   string
	reason   string
	evidence []*finding.Evidence
}

// unreached is the opinion that nothing was observed, because of reason.
func unreached(reason string) opinion {
	return opinion{result: finding.Unreached, reason: reason}
}

// A judge says what an observation means for a finding at a site.
type judge func(o *Observation, site Site) opinion

// judges has the kinds whose loss can be observed.
var judges = map[string]judge{
	"profilestop/exec": judgeProfileExec,
}

// Kinds returns the categories of findings that can be confirmed, sorted.
func Kinds() []string {
	var list []string
	for kind := range judges {
		list = append(list, kind)
	}
	slices.Sort(list)
	return list
}

// unobservable is the opinion on a kind without a judge.
func unobservable(category string) opinion {
	return unreached("this version of hotvet has no experiment for " + category)
}

// judgeAll says what o means for each of the findings; site tells of the place of
// the i-th.
func judgeAll(findings []*finding.Finding, o *Observation, site func(i int) Site) *Result {
	r := new(Result)
	for i, f := range findings {
		judge, ok := judges[f.Category]
		if !ok {
			r.add(f, unobservable(f.Category))
			continue
		}
		r.add(f, judge(o, site(i)))
	}
	return r
}

// unreachedAll gives every finding the verdict unreached: the program could not
// even be run far enough, because of reason.
func unreachedAll(findings []*finding.Finding, reason string) *Result {
	r := new(Result)
	for _, f := range findings {
		if _, ok := judges[f.Category]; !ok {
			r.add(f, unobservable(f.Category))
			continue
		}
		r.add(f, unreached(reason))
	}
	return r
}
