package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// record applies the node n to s, and notes what happens where.
func (w *flow) record(n ast.Node, s *state) {
	w.callsIn(n, func(c *Call) {
		if c.Mode != Deferred {
			w.note(c, w.effects(c), s)
		}
		w.apply(c, s)
	})
	w.forget(n, s)
	if receives(n) {
		w.block(n.Pos(), s)
	}
}

// block records that the function waits at pos in state s.
func (w *flow) block(pos token.Pos, s *state) {
	w.e.Blocks = true
	for i := range resources {
		if t := &s.tracks[i]; t.phase == running {
			w.e.Open = append(w.e.Open, Wait{t.start, pos})
		}
	}
}

// note records what the call c, which has the effects e, does in state s.
func (w *flow) note(c *Call, e *Effects, s *state) {
	w.e.Serves = w.e.Serves || e.Serves
	w.e.Params |= e.Params
	if e.Blocks {
		w.block(c.Pos(), s)
	}
	if e.Serves {
		w.e.Open = append(w.e.Open, Wait{&Start{Requests, c}, c.Pos()})
		w.served(s)
	}
	for _, start := range e.Starts {
		if len(w.e.Starts) < 16 && !hasStart(w.e.Starts, start) {
			w.e.Starts = append(w.e.Starts, start)
		}
	}
	w.sets(e.Sets, s)
	for kind, end := range e.Ends {
		if end.Reached {
			w.end(EndKind(kind), e, c, s)
		}
	}
}

// sets records calls that set the profiling rate in state s.
func (w *flow) sets(calls []*Call, s *state) {
	for _, set := range calls {
		switch cpu := &s.tracks[0]; cpu.phase {
		case running:
			w.e.Rates = append(w.e.Rates, RateHit{cpu.start, set})
		case unknown:
			if len(w.e.Sets) < 16 && !slices.Contains(w.e.Sets, set) {
				w.e.Sets = append(w.e.Sets, set)
			}
		}
	}
}

func (w *flow) served(s *state) {
	for i := range resources {
		if t := &s.tracks[i]; t.phase == running && !hasStart(w.e.Served, t.start) {
			w.e.Served = append(w.e.Served, t.start)
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

// end records that the call c may end the process in state s.
func (w *flow) end(kind EndKind, e *Effects, c *Call, s *state) {
	sum, end := &w.e.Ends[kind], e.Ends[kind]
	guards := s.errs | w.guardsOf(end, c)
	if !sum.Reached {
		sum.Guards = guards
	}
	sum.Guards &= guards
	sum.Reached = true
	if sum.Via == nil {
		sum.Via = c
	}
	for i, r := range resources {
		t := &s.tracks[i]
		switch {
		case t.phase == stopped || t.phase == cleared:
			w.pass(t)
		case end.Bare&r.bit == 0:
			w.pass(t)
		case t.phase == unknown && kind == Exited && end.Always && w.before.noFile:
			// Not an end that callers need to know of.
		case t.phase == unknown:
			if sum.Bare&r.bit == 0 {
				sum.Via = c
			}
			sum.Bare |= r.bit
		case w.onlyIfFailed(end, c, t.made):
		case kind == Exited && e.starts(r.bit):
			// It fails to start what it would not be asked to if it ran already.
		case kind == Exited && w.isIdle(i, end, c, s):
			w.idle = append(w.idle, Hit{t.start, kind, c})
		default:
			w.hit(Hit{t.start, kind, c})
		}
	}
}

// isIdle reports whether nothing worth a profile happened between the start of
// resource i and the call c that exits in state s. Of a block that is sure to
// exit, the calls before c do not count: they tell why.
func (w *flow) isIdle(i int, end End, c *Call, s *state) bool {
	if end.Always {
		t := &w.before.tracks[i]
		return w.before.noFile || !t.worked || w.before.unset && !t.busy
	}
	return !s.tracks[i].worked && !w.p.callWorks(c)
}

// guardsOf returns the parameters of the function that are not nil when the
// call c reaches its end: those that it hands on as such.
func (w *flow) guardsOf(end End, c *Call) uint16 {
	var guards uint16
	for i, arg := range c.Expr.Args {
		if i < 16 && end.Guards&(1<<i) != 0 {
			if j := w.p.paramIndex(w.f, w.p.values.object(arg)); j >= 0 {
				guards |= 1 << j
			}
		}
	}
	return guards
}

// onlyIfFailed reports whether c ends the process only for an error that says
// that the call made did not start anything: check(err), must(start()).
func (w *flow) onlyIfFailed(end End, c *Call, made *Call) bool {
	if made == nil {
		return false
	}
	for i, arg := range c.Expr.Args {
		if i >= 16 || end.Guards&(1<<i) == 0 {
			continue
		}
		if ast.Unparen(arg) == made.Expr {
			return true
		}
		if obj := w.p.values.object(arg); obj != nil && w.tells(made, obj) {
			return true
		}
	}
	return false
}

func (w *flow) hit(h Hit) {
	w.passed[h.Start.Call] = true
	for _, have := range w.e.Hits {
		if have == h {
			return
		}
	}
	w.e.Hits = append(w.e.Hits, h)
}

// deferred returns the effects of the deferred call c without an exit that it
// only may take: the failure of a clean-up is not the way a program ends.
func (w *flow) deferred(c *Call) *Effects {
	e := w.p.CallEffects(c)
	if !e.Ends[Exited].Reached || e.Ends[Exited].Always {
		return e
	}
	without := *e
	without.Ends[Exited] = End{}
	return &without
}

// pass records that the function goes on from the start of t, if it has one.
func (w *flow) pass(t *track) {
	if t.start != nil {
		w.passed[t.start.Call] = true
	}
}

// leave runs the deferred calls in reverse order and records the state in which
// the function returns, by stmt or at the end of its body.
func (w *flow) leave(stmt *ast.ReturnStmt, s *state) {
	for i := len(w.defers) - 1; i >= 0; i-- {
		if s.defers&(1<<i) == 0 {
			continue
		}
		c := w.defers[i]
		w.note(c, w.deferred(c), s)
		w.change(w.p.CallEffects(c), c, s)
	}
	for i, r := range resources {
		t := &s.tracks[i]
		w.pass(t)
		switch t.phase {
		case cleared, stopped:
			w.e.Stops |= r.bit
		case running:
			w.e.Leaves |= r.bit
			w.e.Hands |= w.objectStops(stmt) & r.bit
			w.leaveRunning(stmt, t, r.bit)
		}
	}
}

// objectStops returns what the methods of the returned objects stop: a function
// that leaves it running hands out its stop with the object.
func (w *flow) objectStops(stmt *ast.ReturnStmt) Resource {
	var stops Resource
	for _, f := range w.p.methodsOf(stmt) {
		stops |= w.p.Effects(f).Stops
	}
	return stops
}

// methodsOf returns the methods without parameters of the objects that stmt
// returns.
func (p *Package) methodsOf(stmt *ast.ReturnStmt) []*Func {
	var list []*Func
	for _, result := range stmt.Results {
		t := p.pass.TypesInfo.TypeOf(result)
		if ptr, ok := t.(*types.Pointer); ok {
			t = ptr.Elem()
		}
		named, ok := types.Unalias(t).(*types.Named)
		if !ok || named.Obj().Pkg() != p.pass.Pkg || types.IsInterface(named) {
			continue
		}
		for m := range named.Origin().Methods() {
			if f := p.byObj[m]; f != nil && m.Signature().Params().Len() == 0 {
				list = append(list, f)
			}
		}
	}
	return list
}

// leaveRunning records a return while a resource is running: of an error, it is
// a failure that leaves it so; of anything else, it may be meant.
func (w *flow) leaveRunning(stmt *ast.ReturnStmt, t *track, r Resource) {
	failed := w.fails(stmt, t)
	if failed {
		w.e.Failed |= r
	}
	if t.worked && (failed || w.isMain()) {
		w.left = append(w.left, Leak{Start: t.start, Return: stmt.Pos()})
	}
}

// isMain reports whether the process ends when the function returns.
func (w *flow) isMain() bool {
	return w.f.Obj != nil && w.f.Obj.Name() == "main" && w.p.pass.Pkg.Name() == "main" && w.f.Decl.Recv == nil
}

// fails reports whether a return may return an error that is not the one of the
// start itself.
func (w *flow) fails(stmt *ast.ReturnStmt, t *track) bool {
	if len(stmt.Results) == 0 {
		return false
	}
	last := ast.Unparen(stmt.Results[len(stmt.Results)-1])
	tv := w.p.pass.TypesInfo.Types[last]
	if tv.IsNil() || tv.Type == nil || !types.AssignableTo(tv.Type, errorType) {
		return false
	}
	if t.made == nil {
		return true
	}
	obj := w.p.values.object(last)
	return last != t.made.Expr && (obj == nil || !w.tells(t.made, obj))
}

// finish keeps the leaks of what the function stops elsewhere, and the hits
// before any work where there is nothing else that the start is good for.
func (w *flow) finish() {
	for _, l := range w.left {
		if l.Stop = w.closed[l.Start.Call]; l.Stop != nil && w.e.Hands&l.Start.Resource == 0 {
			w.e.Leaks = append(w.e.Leaks, l)
		}
	}
	for _, h := range w.idle {
		if !w.passed[h.Start.Call] {
			w.e.Hits = append(w.e.Hits, h)
		}
	}
}
