package configswap

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// race is a write of a reload and an access that may run at the same time
// without common synchronisation.
type race struct {
	cell  *access.Cell
	write *access.Access
	ctx   lifecycle.Context // the reload
	other *access.Access
}

// maxReads bounds the related ends of one finding.
const maxReads = 3

// races reports the cells that a reload replaces without synchronisation.
func (c *checker) races() {
	told := make(map[ast.Node]bool) // one write may replace all fields of a struct
	for _, cell := range c.state.Cells {
		if c.told[cell] {
			continue
		}
		r := c.worst(cell)
		if r == nil || told[r.write.Node] {
			continue
		}
		told[r.write.Node] = true
		c.told[cell] = true
		c.tell(r)
	}
}

// worst returns the race of a cell that the user should see first, or nil.
func (c *checker) worst(cell *access.Cell) *race {
	for _, w := range cell.Accesses {
		v := c.judge(w)
		if v.strength == none {
			continue
		}
		for _, r := range cell.Accesses {
			if r == w || !c.unordered(w, r) {
				continue
			}
			if ctx, ok := c.meets(v, w, r); ok {
				return &race{cell, w, ctx, r}
			}
		}
	}
	return nil
}

// unordered reports whether w and r touch the same memory and nothing but
// timing orders them.
func (c *checker) unordered(w, r *access.Access) bool {
	return !r.Setup && !r.Once && access.Overlap(w.Part, r.Part) && !(w.Atomic && r.Atomic) && !c.state.Excluded(w, r) &&
		!(r.Op == access.Replace && c.isToggle(r)) && // a reset or a first value
		!(w.Op == access.InPlace && r.Op == access.Read && !c.readsElement(r))
}

// readsElement reports whether r looks into the map or slice that it denotes,
// rather than pass it on or count its entries.
func (c *checker) readsElement(r *access.Access) bool {
	found := false
	is := func(e ast.Expr) bool { return ast.Unparen(e) == r.Node }
	ast.Inspect(r.In.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			found = found || is(n.X)
		case *ast.RangeStmt:
			found = found || is(n.X)
		}
		return !found
	})
	return found
}

// meets returns a context in which w is a reload and r may run meanwhile.
func (c *checker) meets(v *verdict, w, r *access.Access) (lifecycle.Context, bool) {
	readers := c.state.ContextsAt(r.In, r.Node.Pos())
	apart := c.loopsApart(w, r)
	for _, ctx := range v.contexts {
		for _, reader := range readers {
			if !apart && (!concurrent(w.Cell, ctx, reader) || isStart(reader) && !c.state.Loops(r)) ||
				c.precedes(r, ctx.Root) || c.precedes(w, reader.Root) || c.observes(ctx, reader) {
				continue
			}
			meets := v.strength == certain && c.runsMeanwhile(r, ctx, reader) || v.strength == exported && c.expected(w, r, ctx, reader)
			if meets && (apart || !c.reloadsItself(w, r, ctx, reader)) {
				return ctx, true
			}
		}
	}
	return lifecycle.Context{}, false
}

// reloadsItself reports whether r, under its context, is part of the reload
// reached on another way: the first load, which calls the same function.
func (c *checker) reloadsItself(w, r *access.Access, reload, reader lifecycle.Context) bool {
	if reader.Root == reload.Root {
		return false
	}
	if w.In == r.In {
		return true
	}
	switch reader.Root.Kind {
	case lifecycle.Main, lifecycle.Handler:
		return false // loops and requests, which do more than reload
	}
	for _, ctx := range c.state.ContextsAt(w.In, w.Node.Pos()) {
		if ctx.Root == reader.Root {
			return true
		}
	}
	return false
}

// precedes reports whether an access runs before the goroutine of root starts:
// in the function that starts it, or in one that only this function calls
// before.
func (c *checker) precedes(a *access.Access, root *lifecycle.Root) bool {
	if root.Site == nil || root.In == nil {
		return false
	}
	return c.startsBefore(a.In, a.Node.Pos(), root, 4)
}

func (c *checker) startsBefore(f *lifecycle.Func, pos token.Pos, root *lifecycle.Root, depth int) bool {
	if f == root.In {
		return pos < root.Site.Pos()
	}
	for _, ctx := range c.state.Contexts(f) {
		if ctx.Root.Entry == f {
			return false
		}
	}
	called := false
	for _, call := range c.callers()[f] {
		if depth == 0 || call.Mode == lifecycle.Go || !c.startsBefore(call.In, call.Pos(), root, depth-1) {
			return false
		}
		called = true
	}
	return called
}

// callers returns the calls that run a function, go statements included, tests
// left out.
func (c *checker) callers() map[*lifecycle.Func][]*lifecycle.Call {
	if c.callsOf != nil {
		return c.callsOf
	}
	c.callsOf = make(map[*lifecycle.Func][]*lifecycle.Call)
	for _, f := range c.life.Funcs() {
		if strings.HasSuffix(c.pass.Fset.Position(f.Body().Pos()).Filename, "_test.go") {
			continue
		}
		for _, call := range f.Calls {
			runs := append(slices.Clone(call.Funcs), c.life.Runs(call)...)
			for i, g := range runs {
				if !slices.Contains(runs[:i], g) {
					c.callsOf[g] = append(c.callsOf[g], call)
				}
			}
		}
	}
	return c.callsOf
}

// loopsApart reports whether both accesses stand in endless loops of different
// function literals: such loops can only make progress side by side, whatever
// starts them (a supervisor that the engine cannot look into).
func (c *checker) loopsApart(w, r *access.Access) bool {
	return w.In != r.In && w.In.Lit != nil && r.In.Lit != nil &&
		c.state.EndlessLoop(w.In, w.Node.Pos()) != nil && c.state.EndlessLoop(r.In, r.Node.Pos()) != nil
}

// runsMeanwhile reports whether an access under a context happens while the
// service runs, not only at its start or end, and to the object that the reload
// changes: requests and tickers work on many.
func (c *checker) runsMeanwhile(r *access.Access, reload, ctx lifecycle.Context) bool {
	if t := ctx.Trigger; t != nil && t.Kind == lifecycle.Signal && !reloads(t.Signals) {
		return false
	}
	perObject := reload.Trigger == nil && reload.Root.Kind == lifecycle.Handler || reload.Trigger != nil && reload.Trigger.Kind == lifecycle.Tick
	return ctx.Root.Kind != lifecycle.Init && (!perObject || c.shared.holds(r))
}

// tell reports a race at its unsynchronised side.
func (c *checker) tell(r *race) {
	w, o := r.write, r.other
	guarded := func(a *access.Access) bool { return a.Atomic || len(a.Locks) > 0 }
	node, kind := ast.Node(w.Node), c.typeKind(w)
	msg := messages[kind]
	switch {
	case guarded(w) && !guarded(o):
		node, kind, msg = o.Node, "onesided", "state is replaced under a lock on reload and used here without it"
		if w.Atomic {
			msg = "state is replaced atomically on reload and used here plainly"
		}
	case guarded(o) && !guarded(w):
		kind, msg = "onesided", "state is replaced on reload without the lock that its users take"
		if o.Atomic {
			msg = "state is replaced plainly on reload and used atomically elsewhere"
		}
	case guarded(o) && guarded(w):
		node, kind, msg = o.Node, "onesided", "state is replaced under a lock on reload and used under another"
	case c.hasOnce(r.cell):
		kind, msg = "onesided", "state of a sync.Once is replaced on reload without synchronisation"
	}
	c.rep.Report(report.Finding{
		Node:    node.(analysis.Range),
		Kind:    kind,
		Message: msg,
		Related: c.ends(r, node),
	})
}

var messages = map[string]string{
	"pointer":   "state is replaced on reload while others use it without a lock",
	"multiword": "state is replaced on reload and can be read half written",
	"map":       "map is changed on reload while others read it without a lock",
}

// typeKind is the kind that the type of what w writes makes it.
func (c *checker) typeKind(w *access.Access) string {
	t := c.pass.TypesInfo.TypeOf(w.Node)
	if t == nil {
		t = w.Cell.Var.Type()
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return "map"
	case *types.Interface, *types.Slice, *types.Struct, *types.Array:
		return "multiword"
	case *types.Basic:
		if u.Info()&types.IsString != 0 {
			return "multiword"
		}
	}
	return "pointer"
}

func (c *checker) hasOnce(cell *access.Cell) bool {
	return slices.ContainsFunc(cell.Accesses, func(a *access.Access) bool { return a.Once && a.Op == access.Replace })
}

// ends returns the other ends of a race: the write, up to three reads, and what
// starts the reload.
func (c *checker) ends(r *race, at ast.Node) []analysis.RelatedInformation {
	var list []analysis.RelatedInformation
	if at != ast.Node(r.write.Node) {
		list = append(list, report.Related(r.write.Node, "replaced here"))
	}
	reads := 0
	add := func(a *access.Access) {
		if ast.Node(a.Node) != at && reads < maxReads {
			reads++
			list = append(list, report.Related(a.Node, "used here"))
		}
	}
	add(r.other)
	seen := map[*lifecycle.Func]bool{r.other.In: true, r.write.In: true}
	for _, a := range r.cell.Accesses {
		if seen[a.In] || !c.unordered(r.write, a) {
			continue
		}
		if _, ok := c.meets(&verdict{c.judge(r.write).strength, []lifecycle.Context{r.ctx}}, r.write, a); ok {
			seen[a.In] = true
			add(a)
		}
	}
	return append(list, cause(r.ctx)...)
}

// cause returns what starts the reload of a context.
func cause(ctx lifecycle.Context) []analysis.RelatedInformation {
	switch {
	case ctx.Trigger != nil:
		return []analysis.RelatedInformation{report.Related(ctx.Trigger, "the reload is triggered here")}
	case ctx.Root.Site != nil:
		return []analysis.RelatedInformation{report.Related(ctx.Root.Site, "the reload is started here")}
	case ctx.Root.Entry != nil:
		return []analysis.RelatedInformation{report.Related(ctx.Root.Entry, "the reload enters here")}
	}
	return nil
}
