package profilestop

import (
	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// Analyzer reports profiles and traces that are lost when the process is
// replaced or ends.
var Analyzer = &analysis.Analyzer{
	Name:     "profilestop",
	Doc:      docs.MustExtract(doc, "profilestop"),
	URL:      docs.URL("profilestop"),
	Requires: []*analysis.Analyzer{lifecycle.Analyzer},
	Run:      run,
}

// profiles are the resources that are lost; requests in flight are not.
const profiles = lifecycle.CPUProfile | lifecycle.Trace

func run(pass *analysis.Pass) (any, error) {
	rep := report.New(pass)
	defer rep.Done()

	pkg := lifecycle.Of(pass)
	if !pkg.HasEffects() {
		return nil, nil
	}
	c := &checker{pass: pass, pkg: pkg, rep: rep, losses: make(map[lossKey]*loss)}
	if c.startsAny() {
		c.onPath()
		c.elsewhere()
		c.leaks()
		c.neverStopped()
		c.bySignal()
		for _, l := range c.order {
			c.report(l)
		}
		c.rates()
	}
	c.inFlight()
	return nil, nil
}

type checker struct {
	pass   *analysis.Pass
	pkg    *lifecycle.Package
	rep    *report.Reporter
	losses map[lossKey]*loss
	order  []*loss
}

// startsAny reports whether anything that can be lost starts in the package.
func (c *checker) startsAny() bool {
	for _, f := range c.pkg.Funcs() {
		if len(c.pkg.Effects(f).Starts) > 0 {
			return true
		}
	}
	return false
}

// onPath finds the starts that reach an end on a path of one goroutine.
func (c *checker) onPath() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, h := range c.pkg.Effects(f).Hits {
			if h.Start.Resource&profiles != 0 {
				c.loss(h.Start, h.End).add(c, h.Call, h.End)
			}
		}
	}
}

// leaks finds the returns that skip a stop.
func (c *checker) leaks() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, leak := range c.pkg.Effects(f).Leaks {
			if leak.Start.Resource&profiles == 0 || c.losses[lossKey{leak.Start.Call.Pos(), leak.Start.Resource, lifecycle.Replaced}] != nil {
				continue // a return of the error of the execution, most likely
			}
			l := c.loss(leak.Start, lifecycle.Exited)
			l.relate(report.Related(leak.Stop, "the profile is stopped here, on other paths"))
			l.relate(analysis.RelatedInformation{Pos: leak.Return, Message: "it is still running at this return"})
		}
	}
}

// neverStopped finds the starts that main leaves running although nothing in the
// package would stop them.
func (c *checker) neverStopped() {
	for _, root := range c.pkg.Roots() {
		e := c.pkg.Effects(root.Entry)
		if root.Kind != lifecycle.Main || e.Leaves&profiles == 0 {
			continue
		}
		for _, s := range e.Starts {
			if e.Leaves&s.Resource&profiles != 0 && !c.lost(s) && !c.stopped(s.Resource) {
				l := c.loss(s, lifecycle.Exited)
				l.message = "cpu profile is never stopped and stays empty"
				if s.Resource == lifecycle.Trace {
					l.message = "execution trace is never stopped and ends early"
				}
			}
		}
	}
}

// lost reports whether a loss of s is known already.
func (c *checker) lost(s *lifecycle.Start) bool {
	for _, l := range c.order {
		if l.call == s.Call && l.resource == s.Resource {
			return true
		}
	}
	return false
}

// stopped reports whether any call or function value in the package stops r.
func (c *checker) stopped(r lifecycle.Resource) bool {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.Effects(f).Stops&r != 0 {
			return true
		}
		for _, call := range f.Calls {
			if c.pkg.CallEffects(call).Stops&r != 0 {
				return true
			}
		}
	}
	return false
}
