package profilestop

import (
	"go/constant"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// elsewhere pairs the starts that stay running while other goroutines run with
// the executions in place, and the exits on a signal, that another root reaches
// without a stop.
func (c *checker) elsewhere() {
	open := c.openStarts()
	if len(open) == 0 {
		return
	}
	for _, root := range c.pkg.Roots() {
		if c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		for kind, end := range c.pkg.Effects(root.Entry).Ends {
			if !end.Reached || end.Via == nil || lifecycle.EndKind(kind) == lifecycle.Exited && !c.onSignal(root, end.Via) {
				continue
			}
			for _, s := range open {
				if end.Bare&s.Resource != 0 && !c.onlyUnder(s, root) {
					c.loss(s, lifecycle.EndKind(kind)).add(c, end.Via, lifecycle.EndKind(kind))
				}
			}
		}
	}
}

// onSignal reports whether via, in a goroutine of its own, answers a signal:
// the ordinary end of a service, unlike an exit because something failed.
func (c *checker) onSignal(root *lifecycle.Root, via *lifecycle.Call) bool {
	if root.Kind != lifecycle.Goroutine {
		return false
	}
	t := via.In.TriggerAt(via.Pos())
	return t != nil && t.Kind == lifecycle.Signal
}

// openStarts returns the starts whose resource is running while other
// goroutines run: the function blocks with it, or leaves it to whoever comes.
func (c *checker) openStarts() []*lifecycle.Start {
	var list []*lifecycle.Start
	add := func(starts []*lifecycle.Start, which lifecycle.Resource) {
		for _, s := range starts {
			if s.Resource&which != 0 && s.Resource != lifecycle.Requests && !slices.ContainsFunc(list, func(have *lifecycle.Start) bool {
				return have.Call == s.Call && have.Resource == s.Resource
			}) {
				list = append(list, s)
			}
		}
	}
	const all = lifecycle.CPUProfile | lifecycle.Trace
	for _, root := range c.pkg.Roots() {
		if c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		e := c.pkg.Effects(root.Entry)
		if root.Kind == lifecycle.Main {
			continue
		}
		add(e.Starts, e.Leaves)
	}
	for _, f := range c.pkg.Funcs() {
		if !c.pkg.InTest(f.Pos()) {
			add(c.pkg.Effects(f).Open, all)
		}
	}
	return list
}

// leftRunning returns a CPU profile that a root leaves running, or nil.
func (c *checker) leftRunning() *lifecycle.Start {
	for _, s := range c.openStarts() {
		if s.Resource == lifecycle.CPUProfile {
			return s
		}
	}
	return nil
}

// onlyUnder reports whether the start runs under root alone and root runs once:
// then the dataflow of that root has already judged the pair.
func (c *checker) onlyUnder(s *lifecycle.Start, root *lifecycle.Root) bool {
	contexts := c.pkg.Contexts(s.Call.In)
	for _, ctx := range contexts {
		if ctx.Root != root {
			return false
		}
	}
	return len(contexts) > 0 && !root.Many
}

// bySignal finds profiles that end with the process because the signal that
// ends it is not handled.
func (c *checker) bySignal() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, call := range f.Calls {
			c.stopOnSignal(f, call)
		}
	}
	if c.pass.Pkg.Name() != "main" || c.pkg.Catches() {
		return
	}
	for _, f := range c.pkg.Funcs() {
		for _, s := range c.pkg.Effects(f).Served {
			if s.Resource == lifecycle.CPUProfile {
				l := c.loss(s, lifecycle.Exited)
				l.message = "cpu profile is lost when a signal ends the server"
			}
		}
	}
}

// stopOnSignal reports the signals that a program leaves out when it stops a
// profile on others: SIGINT is caught, SIGTERM, which supervisors send, is not.
func (c *checker) stopOnSignal(f *lifecycle.Func, call *lifecycle.Call) {
	e := c.pkg.CallEffects(call)
	if e.Stops&(lifecycle.CPUProfile|lifecycle.Trace) == 0 {
		return
	}
	t := f.TriggerAt(call.Pos())
	if t == nil || t.Kind != lifecycle.Signal || !slices.Contains(t.Signals, "SIGINT") || slices.Contains(c.pkg.Signals(), "SIGTERM") {
		return
	}
	notify := c.pkg.NotifyOf("SIGINT")
	if notify == nil {
		return
	}
	for _, s := range c.openStarts() {
		c.rep.Report(report.Finding{
			Node:    notify,
			Kind:    "exit",
			Message: "profile is stopped on SIGINT but lost on SIGTERM",
			Related: []analysis.RelatedInformation{
				report.Related(s.Call, "the profile is started here"),
				report.Related(call, "and stopped here on SIGINT only"),
			},
		})
		return
	}
}

// isZero reports whether the argument of call is the constant 0.
func isZero(pass *analysis.Pass, call *lifecycle.Call) bool {
	if len(call.Expr.Args) != 1 {
		return false
	}
	v := pass.TypesInfo.Types[call.Expr.Args[0]].Value
	return v != nil && v.Kind() == constant.Int && constant.Sign(v) == 0
}
