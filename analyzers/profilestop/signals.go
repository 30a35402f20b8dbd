package profilestop

import (
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// bySignal finds profiles that end with the process because the signal that
// ends it is not handled.
func (c *checker) bySignal() {
	c.onlyInterrupt()
	if c.pass.Pkg.Name() != "main" || c.pkg.Catches() {
		return
	}
	for _, f := range c.pkg.Funcs() {
		e := c.pkg.Effects(f)
		for _, s := range e.Served {
			c.endedBySignal(s)
		}
		if e.Forever && !e.Ends[lifecycle.Exited].Reached && !c.pkg.InTest(f.Pos()) {
			for _, wait := range e.Open {
				c.endedBySignal(wait.Start)
			}
		}
	}
}

// serves reports whether the package serves requests: then a supervisor ends it.
func (c *checker) serves() bool {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.Effects(f).Serves {
			return true
		}
	}
	for _, root := range c.pkg.Roots() {
		if root.Kind == lifecycle.Handler {
			return true
		}
	}
	return false
}

func (c *checker) endedBySignal(s *lifecycle.Start) {
	if s.Resource == lifecycle.CPUProfile && !c.pkg.InTest(s.Call.Pos()) {
		c.loss(s, lifecycle.Exited).message = "cpu profile is lost when a signal ends the process"
	}
}

// onlyInterrupt reports a program that ends its profile on SIGINT and is killed
// by SIGTERM, which supervisors send.
func (c *checker) onlyInterrupt() {
	notify := c.pkg.NotifyOf("SIGINT")
	if notify == nil || slices.Contains(c.pkg.Signals(), "SIGTERM") || c.pkg.InTest(notify.Pos()) {
		return
	}
	for _, f := range c.pkg.Funcs() {
		for _, t := range f.Triggers {
			if t.Kind != lifecycle.Signal || !slices.Contains(t.Signals, "SIGINT") {
				continue
			}
			if start, stop := c.endedAfter(f, t); start != nil {
				related := []analysis.RelatedInformation{report.Related(start.Call, "the profile is started here")}
				if stop != nil {
					related = append(related, report.Related(stop, "and stopped here on SIGINT only"))
				}
				c.rep.Report(report.Finding{
					Node:    notify,
					Kind:    "exit",
					Message: "profile is stopped on SIGINT but lost on SIGTERM",
					Related: related,
				})
				return
			}
		}
	}
}

// endedAfter returns a start that is running while f waits for the trigger t
// and the call in answer to t that stops it; nil for a deferred stop.
func (c *checker) endedAfter(f *lifecycle.Func, t *lifecycle.Trigger) (*lifecycle.Start, *lifecycle.Call) {
	for _, call := range f.Calls {
		if c.pkg.CallEffects(call).Stops&profiles == 0 {
			continue
		}
		if f.TriggerAt(call.Pos()) == t {
			for _, s := range c.openStarts(profiles) {
				return s, call
			}
		}
	}
	if !c.serves() {
		return nil, nil // a tool that a person ends with ^C
	}
	for _, wait := range c.pkg.Effects(f).Open {
		if t.Pos() <= wait.At && wait.At < t.To && wait.Start.Resource&profiles != 0 && !c.pkg.Effects(f).Forever {
			return wait.Start, nil
		}
	}
	return nil, nil
}
