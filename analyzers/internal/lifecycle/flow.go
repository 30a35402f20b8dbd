package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"
)

// flow is one run of the dataflow over one function.
type flow struct {
	p      *Package
	f      *Func
	e      *Effects
	defers []*Call

	closed map[*Call]*Call // start -> stop, for those that the function itself stops
	left   []Leak          // where something is running at a return, Stop not yet known
	idle   []Hit           // hits before which the process only set itself up
	before state           // at the start of the block that is recorded
	passed map[*Call]bool  // starts with a return, or with a hit that is not idle
}

// flow computes the effects of f from those of its callees.
func (p *Package) flow(f *Func) *Effects {
	if !p.interesting(f) {
		return noEffects
	}
	w := &flow{p: p, f: f, e: &Effects{Hands: p.handsOut(f)}, closed: make(map[*Call]*Call), passed: make(map[*Call]bool)}
	for _, c := range f.Calls {
		if c.Mode == Deferred && len(w.defers) < 64 {
			w.defers = append(w.defers, c)
		}
	}
	graph := cfg.New(f.Body(), func(call *ast.CallExpr) bool { return !p.neverReturns(call) })
	states := w.solve(graph)
	w.recordAll(graph, states)
	w.finish()
	return w.e
}

// interesting reports whether any call in f has an effect.
func (p *Package) interesting(f *Func) bool {
	for _, c := range f.Calls {
		if e := p.CallEffects(c); e != noEffects && (c.Mode != Go || e.Serves) {
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
			r |= p.stopOf(e)
		}
	}
	return r
}

// solve returns the state at the start of each block, nil for a block that is
// not reached.
func (w *flow) solve(graph *cfg.CFG) []*state {
	in := make([]*state, len(graph.Blocks))
	in[0] = new(state)
	work := []*cfg.Block{graph.Blocks[0]}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		out := *in[b.Index]
		w.enter(b, &out)
		for _, n := range b.Nodes {
			w.callsIn(n, func(c *Call) { w.apply(c, &out) })
			w.forget(n, &out)
		}
		for i, succ := range b.Succs {
			next := out
			if len(b.Succs) == 2 && len(b.Nodes) > 0 {
				w.branch(b, i == 0, &next)
			}
			if in[succ.Index] == nil {
				in[succ.Index] = &next
				work = append(work, succ)
			} else if in[succ.Index].join(&next) {
				work = append(work, succ)
			}
		}
	}
	return in
}

// enter marks what happens by reaching a block: the body of a loop is work.
func (w *flow) enter(b *cfg.Block, s *state) {
	switch b.Kind {
	case cfg.KindForBody, cfg.KindRangeBody:
		s.work(true)
	}
}

func (s *state) work(busy bool) {
	for i := range s.tracks {
		t := &s.tracks[i]
		t.worked = t.phase == running
		t.busy = t.worked && (t.busy || busy)
	}
}

// recordAll notes what the states mean, in a pass of its own over the fixed
// point, so that nothing is said of a state that a later iteration raised.
func (w *flow) recordAll(graph *cfg.CFG, in []*state) {
	w.e.Forever = true
	for _, b := range graph.Blocks {
		if in[b.Index] == nil {
			continue
		}
		out := *in[b.Index]
		w.enter(b, &out)
		w.before = out
		for _, n := range b.Nodes {
			w.record(n, &out)
		}
		if r, ok := b.Stmt.(*ast.RangeStmt); ok && b.Kind == cfg.KindRangeLoop && chanElem(w.p.pass.TypesInfo.TypeOf(r.X)) != nil {
			w.block(r.X.Pos(), &out)
		}
		if r := b.Return(); r != nil { // the end of the body counts as one
			w.e.Forever = false
			w.leave(r, &out)
		}
	}
	// A function none of whose returns can be reached ends the process if it
	// ends it at all.
	for i := range w.e.Ends {
		w.e.Ends[i].Always = w.e.Ends[i].Reached && w.e.Forever && !w.e.Serves
	}
}

// callsIn yields the calls under n in order of evaluation: operands first.
func (w *flow) callsIn(n ast.Node, yield func(*Call)) {
	var stack []ast.Node
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if call, ok := top.(*ast.CallExpr); ok {
				if c := w.p.calls[call]; c != nil {
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
	e := w.effects(c)
	if c.Mode != Go && w.underWay(s) && w.p.callWorks(c) {
		s.work(!w.p.setsUp(c))
	}
	w.change(e, c, s)
}

// effects returns what c does in the goroutine of the function. Of a goroutine
// that it starts only this matters: that it serves requests from now on.
func (w *flow) effects(c *Call) *Effects {
	e := w.p.CallEffects(c)
	switch {
	case c.Mode != Go:
		return e
	case e.Serves:
		return w.p.serving(c)
	}
	return noEffects
}

func (w *flow) underWay(s *state) bool {
	for i := range s.tracks {
		if s.tracks[i].phase == running && !s.tracks[i].busy {
			return true
		}
	}
	return false
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
