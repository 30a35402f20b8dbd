package profilestop

import (
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// ending is a way in which a goroutine ends the process, by calls that lead
// from its entry to the end.
type ending struct {
	root *lifecycle.Root // nil for a goroutine whose body is in another package
	via  *lifecycle.Call
	kind lifecycle.EndKind
	bare lifecycle.Resource
}

// endings returns the executions in place, and the exits on a signal, of all
// goroutines and entries of the package. An exit because something failed is
// not among them: nobody expects a profile of that.
func (c *checker) endings() []ending {
	var list []ending
	for _, root := range c.pkg.Roots() {
		if c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		for kind, end := range c.pkg.Effects(root.Entry).Ends {
			kind := lifecycle.EndKind(kind)
			if end.Reached && end.Via != nil && (kind == lifecycle.Replaced || c.onSignal(root, end.Via)) {
				list = append(list, ending{root, end.Via, kind, end.Bare})
			}
		}
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, call := range f.Calls {
			if call.Mode != lifecycle.Go || len(call.Funcs) > 0 {
				continue
			}
			if end := c.pkg.CallEffects(call).Ends[lifecycle.Replaced]; end.Reached {
				list = append(list, ending{nil, call, lifecycle.Replaced, end.Bare})
			}
		}
	}
	return list
}

// elsewhere pairs the starts that stay running while other goroutines run with
// the ends of the process that those reach without a stop.
func (c *checker) elsewhere() {
	open := c.openStarts(profiles)
	if len(open) == 0 {
		return
	}
	for _, end := range c.endings() {
		for _, s := range open {
			if end.bare&s.Resource != 0 && !c.judged(s, end) && c.together(s, end.root) {
				c.loss(s, end.kind).add(c, end.via, end.kind)
			}
		}
	}
}

// onSignal reports whether a goroutine of its own exits in answer to a signal:
// the ordinary end of a service, unlike an exit because something failed.
func (c *checker) onSignal(root *lifecycle.Root, via *lifecycle.Call) bool {
	if root.Kind != lifecycle.Goroutine {
		return false
	}
	for _, call := range c.chain(via, lifecycle.Exited) {
		if t := call.In.TriggerAt(call.Pos()); t != nil && t.Kind == lifecycle.Signal {
			return true
		}
	}
	return false
}

// openStarts returns the starts of which whose resource is running while other
// goroutines run: the function blocks with it, or leaves it to whoever comes.
func (c *checker) openStarts(which lifecycle.Resource) []*lifecycle.Start {
	var list []*lifecycle.Start
	add := func(s *lifecycle.Start) {
		if s.Resource&which != 0 && !slices.ContainsFunc(list, func(have *lifecycle.Start) bool {
			return have.Call == s.Call && have.Resource == s.Resource
		}) {
			list = append(list, s)
		}
	}
	for _, root := range c.pkg.Roots() {
		if root.Kind == lifecycle.Main || c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		e := c.pkg.Effects(root.Entry)
		for _, s := range e.Starts {
			if s.Resource&e.Leaves != 0 {
				add(s)
			}
		}
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, wait := range c.pkg.Effects(f).Open {
			add(wait.Start)
		}
	}
	return list
}

// judged reports whether the start runs under the root of end alone and the root
// runs once: then the dataflow of that root has already judged the pair. It has
// not when both came into the hands of another package as function values.
func (c *checker) judged(s *lifecycle.Start, end ending) bool {
	contexts := c.pkg.Contexts(s.Call.In)
	for _, ctx := range contexts {
		if ctx.Root != end.root {
			return false
		}
	}
	if len(contexts) == 0 || end.root.Many {
		return false
	}
	seen := slices.ContainsFunc(c.pkg.Effects(end.root.Entry).Starts, func(have *lifecycle.Start) bool {
		return have.Call == s.Call
	})
	return seen || !c.handedAway(end)
}

// handedAway reports whether the end is reached through a function that is
// passed to another package.
func (c *checker) handedAway(end ending) bool {
	chain := c.chain(end.via, end.kind)
	for i, call := range chain[1:] {
		if !slices.Contains(chain[i].Funcs, call.In) {
			return true
		}
	}
	return false
}

// together reports whether there is reason to think that one process does both:
// they have an entry in common, one of them is wired up by main or serves
// requests, or both are methods of one type. A package of helpers for callers
// unknown shows neither, and nor do two commands of a command line.
func (c *checker) together(s *lifecycle.Start, root *lifecycle.Root) bool {
	if root == nil {
		return true
	}
	ends := make(map[*lifecycle.Root]bool)
	c.origins(root, ends)
	starts := make(map[*lifecycle.Root]bool)
	for _, ctx := range c.pkg.Contexts(s.Call.In) {
		c.origins(ctx.Root, starts)
	}
	for a := range starts {
		for b := range ends {
			recv := receiver(a.Entry)
			if a == b || wired(a) || wired(b) || recv != nil && recv == receiver(b.Entry) {
				return true
			}
		}
	}
	return false
}

// wired reports whether the package itself shows that a service runs root.
func wired(root *lifecycle.Root) bool {
	switch root.Kind {
	case lifecycle.Main, lifecycle.Init, lifecycle.Handler:
		return true
	}
	return false
}

// origins adds to set the roots that lead to root: for a goroutine those of the
// function that starts it.
func (c *checker) origins(root *lifecycle.Root, set map[*lifecycle.Root]bool) {
	if set[root] {
		return
	}
	set[root] = true
	if root.In == nil {
		return
	}
	for _, ctx := range c.pkg.Contexts(root.In) {
		c.origins(ctx.Root, set)
	}
}

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
