package lifecycle

import (
	"go/ast"
	"go/types"
)

// slot is a place that functions come from: a variable or field, the elements
// of one, or a result of a function.
type slot struct {
	obj    types.Object
	elem   bool
	fn     *Func
	result int
}

// of returns the functions that e may hold.
//
// Slots refer to each other in cycles. A query is repeated, each round on top of
// the sets of the one before, until none grows; then all slots that it visited
// are complete. A round visits a slot once, so the cost is that of the slots
// times the longest cycle.
func (v *values) of(e ast.Expr) *funcSet {
	v.mu.Lock()
	defer v.mu.Unlock()
	first := v.round + 1
	for {
		v.round++
		v.cyclic, v.grew = false, false
		set := v.eval(e)
		if v.cyclic && v.grew {
			continue
		}
		for s, round := range v.visited {
			if round >= first {
				v.done[s] = true
			}
		}
		clear(v.visited)
		return set
	}
}

// eval returns the functions that e may hold, as far as known in this round.
func (v *values) eval(e ast.Expr) *funcSet {
	e = ast.Unparen(e)
	set := new(funcSet)
	if fn := v.staticFunc(e); fn != nil {
		v.addDeclared(set, fn)
		return set
	}
	switch e := e.(type) {
	case *ast.FuncLit:
		set.addFunc(v.lits[e])
	case *ast.Ident, *ast.SelectorExpr, *ast.StarExpr:
		if obj := v.object(e); obj != nil {
			return v.at(slot{obj: obj})
		}
	case *ast.CallExpr:
		return v.ofCall(e, 0)
	case *ast.IndexExpr:
		return v.ofElems(e.X)
	case *ast.UnaryExpr:
		return v.ofElems(e.X) // receive from a channel of functions
	case *ast.TypeAssertExpr:
		return v.eval(e.X)
	}
	return set
}

// addDeclared adds a declared function, or the implementation of an interface
// method.
func (v *values) addDeclared(set *funcSet, fn *types.Func) {
	if f := v.p.byObj[fn]; f != nil {
		set.addFunc(f)
		return
	}
	if impl := v.p.implementation(fn); impl != nil {
		v.addDeclared(set, impl.Origin())
		return
	}
	set.addNamed(fn)
}

// at returns the set of a slot, computed once a round.
func (v *values) at(s slot) *funcSet {
	set := v.memo[s]
	if v.done[s] {
		return set
	}
	if v.visited[s] == v.round {
		v.cyclic = true
		return set
	}
	if set == nil {
		set = new(funcSet)
		v.memo[s] = set
	}
	v.visited[s] = v.round
	before := len(set.funcs) + len(set.named)
	switch {
	case s.fn != nil:
		for _, r := range v.returns[s.fn][s.result] {
			set.addAll(v.eval(r))
		}
	case s.elem:
		for _, e := range v.elems[s.obj] {
			set.addAll(v.eval(e))
		}
		for _, src := range v.stored[s.obj] {
			set.addAll(v.ofElems(src.expr))
		}
	default:
		for _, src := range v.stored[s.obj] {
			set.addAll(v.ofSource(src))
		}
	}
	v.grew = v.grew || len(set.funcs)+len(set.named) > before
	return set
}

func (v *values) ofSource(src source) *funcSet {
	if src.elem {
		return v.ofElems(src.expr)
	}
	if call, ok := ast.Unparen(src.expr).(*ast.CallExpr); ok {
		return v.ofCall(call, src.index)
	}
	return v.eval(src.expr)
}

// ofCall returns the functions that result index of a call may hold. A
// conversion holds what its operand holds.
func (v *values) ofCall(call *ast.CallExpr, index int) *funcSet {
	set := new(funcSet)
	if v.p.isConversion(call) {
		if len(call.Args) == 1 {
			return v.eval(call.Args[0])
		}
		return set
	}
	for _, f := range v.eval(call.Fun).funcs {
		if index < len(v.returns[f]) {
			set.addAll(v.at(slot{fn: f, result: index}))
		}
	}
	return set
}

// ofElems returns the functions that the elements of a container may hold.
func (v *values) ofElems(container ast.Expr) *funcSet {
	set := new(funcSet)
	switch e := ast.Unparen(container).(type) {
	case *ast.CompositeLit:
		for _, elt := range e.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				elt = kv.Value
			}
			set.addAll(v.eval(elt))
		}
	case *ast.CallExpr:
		return v.ofGrown(e)
	case *ast.Ident, *ast.SelectorExpr, *ast.StarExpr:
		if obj := v.object(e); obj != nil {
			return v.at(slot{obj: obj, elem: true})
		}
	}
	return set
}

// ofGrown returns the functions in the slice that a call of append returns.
func (v *values) ofGrown(call *ast.CallExpr) *funcSet {
	set := new(funcSet)
	if !v.p.pass.TypesInfo.Types[call.Fun].IsBuiltin() || len(call.Args) == 0 {
		return set
	}
	set.addAll(v.ofElems(call.Args[0]))
	for _, arg := range call.Args[1:] {
		if call.Ellipsis.IsValid() {
			set.addAll(v.ofElems(arg))
		} else {
			set.addAll(v.eval(arg))
		}
	}
	return set
}

// funcsOf returns the functions of the package that e may hold, if it is a
// function value at all.
func (v *values) funcsOf(e ast.Expr) []*Func {
	if t := v.p.pass.TypesInfo.TypeOf(e); t != nil {
		if _, ok := t.Underlying().(*types.Signature); ok {
			return v.of(e).funcs
		}
	}
	return nil
}
