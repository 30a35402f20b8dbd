package configswap

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// crossing finds the calls in this package that race in another one: a reload
// calls a function that replaces state there, and a request one that reads it.
// Both calls are judged as accesses to the object that they are called on.
type crossing struct {
	c     *checker
	calls map[*types.Func][]*lifecycle.Call // of functions of other packages
	given map[*types.Func][]*handing        // set on first use
	cells map[*types.Var]*access.Cell
	told  map[crossed]bool
}

// crossed is a function that reloads, and the object it reloads.
type crossed struct {
	fn   *types.Func
	cell *access.Cell
}

// crossing returns the calls into other packages, sorted by what they call.
func (c *checker) crossing() *crossing {
	if c.between != nil {
		return c.between
	}
	x := &crossing{c: c, calls: make(map[*types.Func][]*lifecycle.Call), cells: make(map[*types.Var]*access.Cell), told: make(map[crossed]bool)}
	for _, f := range c.life.Funcs() {
		if c.life.InTest(f.Body().Pos()) {
			continue
		}
		for _, call := range f.Calls {
			if fn := call.Static; fn != nil && fn.Pkg() != nil && fn.Pkg() != c.pass.Pkg {
				x.calls[fn] = append(x.calls[fn], call)
			}
		}
	}
	c.between = x
	return x
}

// across reports the reloads of state that other packages keep.
func (c *checker) across() {
	if len(c.foreign) == 0 {
		return
	}
	x := c.crossing()
	var writers []*lifecycle.Call
	for fn := range c.foreign {
		writers = append(writers, x.calls[fn]...)
	}
	slices.SortFunc(writers, func(a, b *lifecycle.Call) int { return int(a.Pos() - b.Pos()) })
	for _, call := range writers {
		if call.Mode == lifecycle.Plain && !x.drained(call) {
			x.reload(call)
		}
	}
}

// drained reports whether the function that reloads ends serving first.
func (x *crossing) drained(w *lifecycle.Call) bool {
	return slices.ContainsFunc(w.In.Calls, func(call *lifecycle.Call) bool {
		_, drains := call.Has("drains")
		return drains && call.Pos() < w.Pos()
	})
}

// reload reports the worst conflict of one call.
func (x *crossing) reload(call *lifecycle.Call) {
	for _, conflict := range x.c.foreign[call.Static].Conflicts {
		w := x.write(call, conflict)
		if w == nil || x.told[crossed{call.Static, w.Cell}] {
			continue
		}
		v := x.again(x.c.judge(w))
		if v == nil || !x.holds(w) {
			continue
		}
		reader, nodes, ctx := x.readers(call, conflict, v, w)
		if nodes == nil {
			continue
		}
		x.told[crossed{call.Static, w.Cell}] = true
		x.tell(call, reader, conflict, nodes, ctx)
	}
}

// again leaves of a verdict what happens more than once: the answer to a signal
// outside a loop, or one that returns, ends the service. It is nil when nothing
// is left.
func (x *crossing) again(v *verdict) *verdict {
	if v.strength != certain {
		return nil
	}
	kept := &verdict{strength: certain}
	for _, ctx := range v.contexts {
		if t := ctx.Trigger; t == nil || t.Loop && !x.leaves(t) {
			kept.contexts = append(kept.contexts, ctx)
		}
	}
	if kept.contexts == nil {
		return nil
	}
	return kept
}

// leaves reports whether the answer to t ends in a return or an exit.
func (x *crossing) leaves(t *lifecycle.Trigger) bool {
	var answer []ast.Stmt
	for _, f := range x.c.life.Funcs() {
		if !slices.Contains(f.Triggers, t) {
			continue
		}
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			if n == nil || n.Pos() > t.From || n.End() < t.To {
				return false
			}
			switch n := n.(type) {
			case *ast.BlockStmt:
				answer = n.List
			case *ast.CommClause:
				answer = n.Body
			case *ast.CaseClause:
				answer = n.Body
			}
			return true
		})
	}
	if len(answer) == 0 {
		return false
	}
	switch last := answer[len(answer)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		c := x.c.life.CallAt(call)
		if c == nil {
			return false
		}
		_, exits := c.Has("exits")
		return exits
	}
	return false
}

// write returns a reloading call as an access, or nil when it is not known to
// what, or when the conflict is none of a configuration.
func (x *crossing) write(call *lifecycle.Call, with conflict) *access.Access {
	node, recv := ast.Expr(call.Expr), receiverOf(call.Expr.Fun)
	if with.Scalar && !x.deliberate(call) {
		return nil
	}
	return x.use(call, with, node, recv, access.Replace)
}

// deliberate reports whether only signals and file events lead to a call: what
// requests and tickers set of the size of a number are counters and states.
func (x *crossing) deliberate(call *lifecycle.Call) bool {
	for _, ctx := range x.c.state.ContextsAt(call.In, call.Pos()) {
		if t := ctx.Trigger; t == nil && ctx.Root.Kind == lifecycle.Handler || t != nil && t.Kind == lifecycle.Tick {
			return false
		}
	}
	return true
}

// receiverOf returns what a method is selected from, nil for no selector.
func receiverOf(fun ast.Expr) *ast.SelectorExpr {
	sel, _ := ast.Unparen(fun).(*ast.SelectorExpr)
	return sel
}

// use returns a call as an access to the state of the conflict, or nil when it
// is not known to which object.
func (x *crossing) use(call *lifecycle.Call, with conflict, node ast.Expr, sel *ast.SelectorExpr, op access.Op) *access.Access {
	if with.Global {
		return x.c.state.Use(x.packageState(call.Static.Pkg()), op, call, node, nil)
	}
	if sel == nil {
		return nil
	}
	v, base := x.object(sel)
	if v == nil {
		return nil
	}
	in := call.In
	if !v.IsField() {
		v, base, in = x.origin(v, in, maxHops)
	}
	if v == nil || !x.settled(v) {
		return nil
	}
	a := x.c.state.Use(x.cell(v), op, call, node, base)
	if in != call.In && v.IsField() {
		// The object's holder is known by the names of another function.
		a.Setup = x.c.state.Use(x.cell(v), op, call, node, sel.X).Setup
	}
	return a
}

// readers returns the calls, and hand-overs, of the conflicting reader that may
// run while w reloads.
func (x *crossing) readers(call *lifecycle.Call, with conflict, v *verdict, w *access.Access) (reader *types.Func, nodes []ast.Expr, ctx lifecycle.Context) {
	for fn, calls := range x.calls {
		if fn.Pkg() != call.Static.Pkg() || short(fn) != with.Reader {
			continue
		}
		reader = fn
		for _, read := range calls {
			if at, ok := x.meets(read, with, v, w); ok {
				nodes, ctx = append(nodes, read.Expr), at
			}
		}
	}
	for fn, list := range x.handed() {
		if fn.Pkg() != call.Static.Pkg() || short(fn) != with.Reader {
			continue
		}
		reader = fn
		for _, h := range list {
			if x.serves(h, with, w) {
				nodes, ctx = append(nodes, h.node), v.contexts[0]
			}
		}
	}
	return reader, nodes, ctx
}

// meets returns a context in which w reloads while a call reads.
func (x *crossing) meets(read *lifecycle.Call, with conflict, v *verdict, w *access.Access) (lifecycle.Context, bool) {
	r := x.use(read, with, read.Expr, receiverOf(read.Expr.Fun), access.Read)
	if r == nil || r.Cell != w.Cell || r.Once || x.c.state.Excluded(w, r) || !x.holds(r) {
		return lifecycle.Context{}, false
	}
	if with.Runs && x.early(read.In, read.Expr) {
		return v.contexts[0], true
	}
	if r.Setup || read.Mode == lifecycle.Go {
		return lifecycle.Context{}, false
	}
	return x.c.meets(v, w, r)
}

// early reports whether the code of f at n runs at the start of the service,
// not on a reload.
func (x *crossing) early(f *lifecycle.Func, n ast.Node) bool {
	contexts := x.c.state.ContextsAt(f, n.Pos())
	for _, ctx := range contexts {
		if ctx.Trigger != nil || ctx.Root.Kind == lifecycle.Handler || ctx.Root.Kind == lifecycle.Reload {
			return false
		}
	}
	return len(contexts) > 0
}

func (x *crossing) tell(call *lifecycle.Call, reader *types.Func, with conflict, reads []ast.Expr, ctx lifecycle.Context) {
	slices.SortFunc(reads, func(a, b ast.Expr) int { return int(a.Pos() - b.Pos()) })
	var related []analysis.RelatedInformation
	here, there := "read here", "reads the state"
	if with.Runs {
		here, there = "its reader is started here", "starts what reads the state"
	}
	for _, n := range reads[:min(len(reads), maxReads)] {
		related = append(related, report.Related(n, here))
	}
	for _, end := range []struct {
		fn   *types.Func
		what string
	}{{call.Static, "replaces the state"}, {reader, there}} {
		if end.fn.Pos().IsValid() {
			related = append(related, analysis.RelatedInformation{Pos: end.fn.Pos(), Message: short(end.fn) + " " + end.what})
		}
	}
	x.c.rep.Report(report.Finding{
		Node:    call,
		Kind:    with.kind(),
		Message: with.message(),
		Related: append(related, cause(ctx)...),
	})
}
