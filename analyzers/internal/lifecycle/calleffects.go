package lifecycle

import (
	"go/ast"
	"go/types"
	"slices"
)

// CallEffects returns what a call may do before it returns. Several callees
// have the effects of any one; it is sure to end only if all are.
func (p *Package) CallEffects(c *Call) *Effects {
	if i := p.paramCalled(c); i >= 0 {
		// Each caller of the function around c adds what it passes.
		return &Effects{Params: 1 << i}
	}
	var sum *Effects
	merge := func(e *Effects) {
		if sum == nil {
			sum = e
			return
		}
		sum = union(sum, e)
	}
	for _, f := range c.Funcs {
		merge(p.withArguments(c, p.Effects(f)))
	}
	for _, fn := range c.Named {
		merge(p.namedEffects(c, fn))
		if r := p.implementedStops(fn); r != 0 {
			merge(&Effects{Stops: r})
		}
	}
	if len(c.Funcs) == 0 && len(c.Named) == 0 {
		if r := p.handedStop(c); r != 0 {
			merge(&Effects{Stops: r})
		}
	}
	if sum == nil {
		sum = noEffects
	}
	return plus(sum, p.argumentEffects(c))
}

// implementedStops returns what any of several implementations of the interface
// method fn stops. Which one runs is not known, so that they start or end
// something counts for nothing; that they stop it does, for the sake of silence.
func (p *Package) implementedStops(fn *types.Func) Resource {
	var r Resource
	for _, f := range p.implementations(fn) {
		r |= p.Effects(f).Stops
	}
	return r
}

// implementations returns the methods of the package that a call of the
// interface method fn may run.
func (p *Package) implementations(fn *types.Func) []*Func {
	recv := fn.Signature().Recv()
	if recv == nil {
		return nil
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var list []*Func
	for _, f := range p.methods[fn.Name()] {
		t := f.Obj.Signature().Recv().Type()
		if types.Implements(t, iface) || types.Implements(types.NewPointer(t), iface) {
			list = append(list, f)
		}
	}
	return list
}

// paramCalled returns the index of the parameter of the declared function
// around c that c calls, or -1.
func (p *Package) paramCalled(c *Call) int {
	id, ok := ast.Unparen(c.Expr.Fun).(*ast.Ident)
	if !ok || c.In == nil {
		return -1
	}
	return p.paramIndex(c.In, p.pass.TypesInfo.Uses[id])
}

// paramIndex returns which parameter of f obj is, or -1. A parameter that f
// assigns to is none: its value need not be the caller's.
func (p *Package) paramIndex(f *Func, obj types.Object) int {
	if f == nil || f.Obj == nil || obj == nil {
		return -1
	}
	i := slices.Index(p.values.params(f), obj)
	if i >= 16 || p.values.assigned[obj] {
		return -1
	}
	return i
}

// withArguments adds to the effects of a callee those of the functions that c
// passes and the callee calls.
func (p *Package) withArguments(c *Call, e *Effects) *Effects {
	if e.Params == 0 {
		return e
	}
	own := *e
	own.Params = 0
	sum := &own
	for i, arg := range c.Expr.Args {
		if i >= 16 || e.Params&(1<<i) == 0 {
			continue
		}
		if obj := p.values.object(arg); obj != nil {
			if j := p.paramIndex(c.In, obj); j >= 0 {
				sum = plus(sum, &Effects{Params: 1 << j})
				continue
			}
		}
		sum = plus(sum, p.valueEffects(c, arg))
	}
	return sum
}

// valueEffects returns what a call of the function value e may do; it need not
// be called at all.
func (p *Package) valueEffects(c *Call, e ast.Expr) *Effects {
	sum := noEffects
	set := p.values.of(e)
	for _, f := range set.funcs {
		sum = plus(sum, p.Effects(f))
	}
	for _, fn := range set.named {
		sum = plus(sum, p.namedEffects(c, fn))
	}
	return sum
}

// argumentEffects returns the effects of the functions among the arguments of a
// call into another package: of those that the model says are called at once.
// Of any other it is not known when it is called, if ever: its stop of a
// resource counts, which is handed over with it, and so does its execution in
// place, which ends whatever runs then.
func (p *Package) argumentEffects(c *Call) *Effects {
	sum := noEffects
	if len(c.Funcs) > 0 || p.isBuiltin(c) {
		return sum
	}
	roles := c.Roles()
	for i, arg := range c.Expr.Args {
		t := p.pass.TypesInfo.TypeOf(arg)
		if t == nil {
			continue
		}
		if _, ok := t.Underlying().(*types.Signature); !ok {
			continue
		}
		kind, sync, known := argumentRole(roles, i)
		if !sync && kind != Handler && p.valueEffects(c, arg).Serves {
			sum = plus(sum, p.serving(c))
		}
		switch {
		case known && sync:
			sum = plus(sum, p.valueEffects(c, arg))
		case !known && c.Mode != Go:
			if r := p.stopOf(arg); r != 0 {
				sum = plus(sum, &Effects{Stops: r})
			}
			if end := p.valueEffects(c, arg).Ends[Replaced]; end.Reached {
				sum = plus(sum, &Effects{Ends: [numEnds]End{Replaced: end}})
			}
		}
	}
	return sum
}

// serving returns the effects of starting a goroutine that serves requests by c.
func (p *Package) serving(c *Call) *Effects {
	return &Effects{Leaves: Requests, Starts: []*Start{{Requests, c}}}
}

func (p *Package) isBuiltin(c *Call) bool {
	return p.pass.TypesInfo.Types[c.Expr.Fun].IsBuiltin()
}

// stopOf returns the resources that the function value e stops, and does not
// start itself: that it is there to stop.
func (p *Package) stopOf(e ast.Expr) Resource {
	var r Resource
	set := p.values.of(e)
	for _, f := range set.funcs {
		if p.isHandler(f) {
			continue
		}
		effects := p.Effects(f)
		stops := effects.Stops
		for _, s := range effects.Starts {
			stops &^= s.Resource
		}
		r |= stops
	}
	call := &Call{Expr: &ast.CallExpr{Fun: e}}
	for _, fn := range set.named {
		r |= p.namedEffects(call, fn).Stops
	}
	if len(set.funcs) == 0 && len(set.named) == 0 {
		r |= p.handedStop(call)
	}
	return r
}

// union returns the effects of a call that does as a or as b.
func union(a, b *Effects) *Effects {
	sum := plus(a, b)
	if sum == noEffects {
		return sum
	}
	for i := range sum.Ends {
		x, y := a.Ends[i], b.Ends[i]
		sum.Ends[i].Always = x.Always && y.Always
		switch {
		case !x.Reached:
			sum.Ends[i].Guards = y.Guards
		case y.Reached:
			sum.Ends[i].Guards = x.Guards & y.Guards
		}
	}
	return sum
}

// plus returns the effects of a call that does as a, and may do as b besides.
// It changes neither.
func plus(a, b *Effects) *Effects {
	if a == noEffects && b == noEffects {
		return noEffects
	}
	sum := &Effects{
		Stops:  a.Stops | b.Stops,
		Leaves: a.Leaves | b.Leaves,
		Failed: a.Failed | b.Failed,
		Hands:  a.Hands | b.Hands,
		Serves: a.Serves || b.Serves,
		Blocks: a.Blocks || b.Blocks,
		Params: a.Params | b.Params,
		Starts: append(slices.Clone(a.Starts), b.Starts...),
		Sets:   append(slices.Clone(a.Sets), b.Sets...),
	}
	for i := range sum.Ends {
		x, y := a.Ends[i], b.Ends[i]
		end := End{Reached: x.Reached || y.Reached, Always: x.Always, Bare: x.Bare | y.Bare, Via: x.Via}
		if x.Via == nil {
			end.Via = y.Via
		}
		if !y.Reached {
			end.Guards = x.Guards
		}
		sum.Ends[i] = end
	}
	return sum
}
