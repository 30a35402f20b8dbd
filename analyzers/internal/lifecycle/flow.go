package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"
)

// The dataflow of one function. Per resource the state is one of a chain:
// a join takes the larger, so a resource that one branch stopped counts as
// stopped where the branches meet. That is what code such as
//
//	if *cpuprofile != "" { pprof.StopCPUProfile() }
//
// means. Branches that leave the function or the process keep their own state.
const (
	unknown = iota // not started in this function
	running
	stopped
)

// state is what is known at one point of a function.
type state struct {
	phase  [3]uint8        // by index in resources
	start  [3]*Start       // what made it running
	failed [3]types.Object // error variable that is not nil when that start failed
	defers uint64          // deferred calls registered so far, by index
}

// join merges t into s and reports whether s changed.
func (s *state) join(t *state) bool {
	changed := false
	for i := range s.phase {
		if t.phase[i] > s.phase[i] {
			s.phase[i], s.start[i], s.failed[i] = t.phase[i], t.start[i], t.failed[i]
			changed = true
		} else if t.phase[i] == s.phase[i] && s.failed[i] != t.failed[i] && s.failed[i] != nil {
			s.failed[i] = nil
			changed = true
		}
	}
	if s.defers|t.defers != s.defers {
		s.defers |= t.defers
		changed = true
	}
	return changed
}

// flow is one run of the dataflow over one function.
type flow struct {
	p      *Package
	f      *Func
	e      *Effects
	defers []*Call
	hits   map[*Call]bool
}

// flow computes the effects of f from those of its callees.
func (p *Package) flow(f *Func) *Effects {
	if !p.interesting(f) {
		return noEffects
	}
	w := &flow{p: p, f: f, e: &Effects{Hands: p.handsOut(f)}, hits: make(map[*Call]bool)}
	for _, c := range f.Calls {
		if c.Mode == Deferred && len(w.defers) < 64 {
			w.defers = append(w.defers, c)
		}
	}
	graph := cfg.New(f.Body(), func(call *ast.CallExpr) bool { return !p.neverReturns(call) })
	w.run(graph)

	for i := range w.e.Ends {
		// A function none of whose returns can be reached ends the process if
		// it ends it at all.
		w.e.Ends[i].Always = w.e.Ends[i].Reached && graph.NoReturn() && !w.e.Serves
	}
	return w.e
}

// interesting reports whether any call in f has an effect.
func (p *Package) interesting(f *Func) bool {
	for _, c := range f.Calls {
		if c.Mode != Go && p.CallEffects(c) != noEffects {
			return true
		}
	}
	return p.handsOut(f) != 0
}

// neverReturns reports whether a call is sure to end the process or to panic.
func (p *Package) neverReturns(call *ast.CallExpr) bool {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "panic" {
		_, builtin := p.pass.TypesInfo.Uses[id].(*types.Builtin)
		return builtin
	}
	c := p.calls[call]
	return c != nil && c.Mode == Plain && p.CallEffects(c).Ends[Exited].Always
}

// handsOut returns the resources whose stop f returns: a function that stops,
// or the result of a call that hands one out.
func (p *Package) handsOut(f *Func) Resource {
	var r Resource
	for _, list := range p.values.returns[f] {
		for _, e := range list {
			for _, g := range p.values.of(e).funcs {
				if g != f {
					r |= p.Effects(g).Stops
				}
			}
			for _, fn := range p.values.of(e).named {
				r |= p.namedEffects(&Call{Expr: &ast.CallExpr{Fun: e}, In: f}, fn).Stops
			}
		}
	}
	return r
}

func (w *flow) run(graph *cfg.CFG) {
	in := make([]*state, len(graph.Blocks))
	in[0] = new(state)
	work := []*cfg.Block{graph.Blocks[0]}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		out := *in[b.Index]
		for _, n := range b.Nodes {
			w.node(n, &out)
		}
		for i, succ := range b.Succs {
			next := out
			if len(b.Succs) == 2 && len(b.Nodes) > 0 {
				w.branch(b.Nodes[len(b.Nodes)-1], i == 0, &next)
			}
			if in[succ.Index] == nil {
				in[succ.Index] = &next
				work = append(work, succ)
			} else if in[succ.Index].join(&next) {
				work = append(work, succ)
			}
		}
	}
	// A second pass over the fixed point records what the states mean, so that
	// nothing is said of a state that a later iteration raised.
	for _, b := range graph.Blocks {
		if in[b.Index] == nil {
			continue
		}
		out := *in[b.Index]
		for _, n := range b.Nodes {
			w.record(n, &out)
		}
		if r, ok := b.Stmt.(*ast.RangeStmt); ok && b.Kind == cfg.KindRangeLoop && chanElem(w.p.pass.TypesInfo.TypeOf(r.X)) != nil {
			w.block(&out)
		}
		if len(b.Succs) == 0 && (b.Return() != nil || endsInReturn(b)) {
			w.leave(&out)
		}
	}
}

// endsInReturn reports whether a block without successors falls off the end of
// its function rather than into a call that never returns.
func endsInReturn(b *cfg.Block) bool {
	if len(b.Nodes) == 0 {
		return b.Kind != cfg.KindUnreachable
	}
	_, ok := b.Nodes[len(b.Nodes)-1].(*ast.ReturnStmt)
	return ok
}

// calls yields the calls under n in order of evaluation: operands first.
func (w *flow) callsIn(n ast.Node, yield func(*Call)) {
	var stack []ast.Node
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if call, ok := top.(*ast.CallExpr); ok {
				if c := w.p.calls[call]; c != nil && c.Mode != Go {
					yield(c)
				}
			}
			return true
		}
		if _, ok := m.(*ast.FuncLit); ok {
			return false
		}
		stack = append(stack, m)
		return true
	})
}

// node applies the effects of n to s.
func (w *flow) node(n ast.Node, s *state) {
	w.callsIn(n, func(c *Call) { w.apply(c, s) })
	w.forget(n, s)
}

// record is node, and notes what happens where.
func (w *flow) record(n ast.Node, s *state) {
	w.callsIn(n, func(c *Call) {
		if c.Mode == Plain {
			w.note(c, s)
		}
		w.apply(c, s)
	})
	w.forget(n, s)
	if receives(n) {
		w.block(s)
	}
}

// block records that the function waits in state s.
func (w *flow) block(s *state) {
	w.e.Blocks = true
	w.e.Open = w.addRunning(w.e.Open, s)
}

// addRunning adds to list what is running in state s.
func (w *flow) addRunning(list []*Start, s *state) []*Start {
	for i := range resources {
		if s.phase[i] == running && !hasStart(list, s.start[i]) {
			list = append(list, s.start[i])
		}
	}
	return list
}

// receives reports whether n waits for a value of a channel.
func receives(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// apply changes s as the call c does.
func (w *flow) apply(c *Call, s *state) {
	if c.Mode == Deferred {
		for i, d := range w.defers {
			if d == c {
				s.defers |= 1 << i
			}
		}
		return
	}
	w.change(w.p.CallEffects(c), c, s)
}

func (w *flow) change(e *Effects, c *Call, s *state) {
	for i, r := range resources {
		switch {
		case e.Leaves&r.bit != 0:
			s.phase[i], s.start[i], s.failed[i] = running, startIn(e, r.bit, c), w.errorOf(c)
		case e.Stops&r.bit != 0:
			s.phase[i] = stopped
		}
	}
}

// startIn returns the start of r among the effects of call c.
func startIn(e *Effects, r Resource, c *Call) *Start {
	for _, s := range e.Starts {
		if s.Resource == r {
			return s
		}
	}
	return &Start{r, c}
}

// note records what the call c does in state s.
func (w *flow) note(c *Call, s *state) {
	e := w.p.CallEffects(c)
	w.e.Serves = w.e.Serves || e.Serves
	if e.Blocks {
		w.block(s)
	}
	if e.Serves {
		w.e.Served = w.addRunning(w.e.Served, s)
	}
	w.addStarts(e)
	if _, ok := c.Has("sets"); ok && s.phase[0] == running {
		w.e.Rates = append(w.e.Rates, RateHit{s.start[0], c})
	}
	for kind, end := range e.Ends {
		if !end.Reached {
			continue
		}
		sum := &w.e.Ends[kind]
		sum.Reached = true
		if sum.Via == nil {
			sum.Via = c
		}
		for i, r := range resources {
			if end.Bare&r.bit == 0 {
				continue
			}
			switch s.phase[i] {
			case unknown:
				sum.Bare |= r.bit
				sum.Via = c
			case running:
				w.hit(Hit{s.start[i], EndKind(kind), c, end.Always})
			}
		}
	}
}

func (w *flow) hit(h Hit) {
	for _, have := range w.e.Hits {
		if have == h {
			return
		}
	}
	w.e.Hits = append(w.e.Hits, h)
}

func (w *flow) addStarts(e *Effects) {
	for _, s := range e.Starts {
		if len(w.e.Starts) < 16 && !hasStart(w.e.Starts, s) {
			w.e.Starts = append(w.e.Starts, s)
		}
	}
}

func hasStart(list []*Start, s *Start) bool {
	for _, have := range list {
		if have.Call == s.Call && have.Resource == s.Resource {
			return true
		}
	}
	return false
}

// leave runs the deferred calls in reverse order and records the state in which
// the function returns.
func (w *flow) leave(s *state) {
	for i := len(w.defers) - 1; i >= 0; i-- {
		if s.defers&(1<<i) == 0 {
			continue
		}
		c := w.defers[i]
		w.note(c, s)
		w.change(w.p.CallEffects(c), c, s)
	}
	for i, r := range resources {
		switch s.phase[i] {
		case running:
			w.e.Leaves |= r.bit
		case stopped:
			w.e.Stops |= r.bit
		}
	}
}

// errorOf returns the error variable that takes the result of c, or nil.
func (w *flow) errorOf(c *Call) types.Object {
	return w.p.values.errs[c.Expr]
}

// forget drops the tie between a start and its error variable when n assigns
// another error to that variable.
func (w *flow) forget(n ast.Node, s *state) {
	assign, ok := n.(*ast.AssignStmt)
	if !ok {
		return
	}
	for _, l := range assign.Lhs {
		obj := w.p.values.object(l)
		if obj == nil {
			continue
		}
		for i := range s.failed {
			if s.failed[i] == obj && !assignsStart(assign, s.start[i]) {
				s.failed[i] = nil
			}
		}
	}
}

// assignsStart reports whether the assignment takes the error of the call that
// led to start, directly or through a function of this package.
func assignsStart(assign *ast.AssignStmt, start *Start) bool {
	return start != nil && len(assign.Rhs) == 1 && isCall(assign.Rhs[0])
}

func isCall(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok
}

// branch corrects s on the edge where cond, the last node of a block, is taken
// to be outcome: where the error of a start is not nil, nothing was started.
func (w *flow) branch(cond ast.Node, outcome bool, s *state) {
	b, ok := cond.(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ && b.Op != token.EQL || !w.isNil(b.Y) {
		return
	}
	if (b.Op == token.NEQ) != outcome {
		return // on this edge the error is nil
	}
	obj := w.p.values.object(b.X)
	if obj == nil {
		return
	}
	for i := range s.failed {
		if s.failed[i] == obj && s.phase[i] == running {
			s.phase[i], s.start[i], s.failed[i] = unknown, nil, nil
		}
	}
}

func (w *flow) isNil(e ast.Expr) bool {
	return w.p.pass.TypesInfo.Types[e].IsNil()
}
