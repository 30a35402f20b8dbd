package profilestop

import (
	"go/ast"
	"go/constant"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// inFlight reports executions in place while requests for profiles may be
// served: nothing waits for them on the way.
func (c *checker) inFlight() {
	spec, ok := c.pkg.ServesPprof()
	if !ok {
		return
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, h := range c.pkg.Effects(f).Hits {
			if h.End == lifecycle.Replaced && h.Start.Resource == lifecycle.Requests {
				c.cut(h.Start, h.Call, spec)
			}
		}
	}
	open := c.openStarts(lifecycle.Requests)
	for _, end := range c.endings() {
		for _, s := range open {
			if end.kind == lifecycle.Replaced && end.bare&s.Resource != 0 && !c.judged(s, end) && c.together(s, end.root) {
				c.cut(s, end.via, spec)
			}
		}
	}
}

// cut reports the call by which via replaces the process while start serves. A
// stop of the CPU profile before it ends the requests for one.
func (c *checker) cut(start *lifecycle.Start, via *lifecycle.Call, spec *ast.ImportSpec) {
	chain := c.chain(via, lifecycle.Replaced)
	call := chain[len(chain)-1]
	if !c.profileMayRun(call) {
		return
	}
	finding := report.Finding{
		Node:    call,
		Kind:    "http",
		Message: "profile requests in flight are cut when the process is replaced",
		Related: []analysis.RelatedInformation{report.Related(start.Call, "requests are served from here on")},
	}
	if spec != nil {
		finding.Related = append(finding.Related, report.Related(spec, "profiles are served because of this import"))
	}
	c.rep.Report(finding)
}

// profileMayRun reports whether no root that leads to call has stopped the CPU
// profile before.
func (c *checker) profileMayRun(call *lifecycle.Call) bool {
	for _, ctx := range c.pkg.Contexts(call.In) {
		if end := c.pkg.Effects(ctx.Root.Entry).Ends[lifecycle.Replaced]; end.Reached && end.Bare&lifecycle.CPUProfile == 0 {
			return false
		}
	}
	return true
}

// rates reports changes of the profiling rate under a running profile.
func (c *checker) rates() {
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, h := range c.pkg.Effects(f).Rates {
			c.rate(h.Call, h.Start)
		}
		for _, call := range f.Calls {
			if _, ok := call.Has("sets"); !ok || !isZero(c.pass, call) {
				continue
			}
			// The rate is set to zero as if that were the stop of a profile that
			// other code in the package leaves running.
			if s := c.leftRunning(); s != nil {
				c.rate(call, s)
			}
		}
	}
}

// leftRunning returns a CPU profile that a root leaves running, or nil.
func (c *checker) leftRunning() *lifecycle.Start {
	for _, s := range c.openStarts(lifecycle.CPUProfile) {
		return s
	}
	return nil
}

func (c *checker) rate(call *lifecycle.Call, start *lifecycle.Start) {
	f := report.Finding{Node: call, Kind: "rate", Message: "profiling rate cannot change while a profile runs"}
	if isZero(c.pass, call) {
		f.Message = "rate zero ends sampling under a running cpu profile"
	}
	f.Related = []analysis.RelatedInformation{report.Related(start.Call, "the profile is started here")}
	c.rep.Report(f)
}

// isZero reports whether the argument of call is the constant 0.
func isZero(pass *analysis.Pass, call *lifecycle.Call) bool {
	if len(call.Expr.Args) != 1 {
		return false
	}
	v := pass.TypesInfo.Types[call.Expr.Args[0]].Value
	return v != nil && v.Kind() == constant.Int && constant.Sign(v) == 0
}
