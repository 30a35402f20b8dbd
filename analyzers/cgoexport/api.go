package cgoexport

import "go/types"

// accepts reports whether users of the package can hand in a value of type t: a
// parameter or a variable of the exported API takes it. Programs have no users.
func (p *program) accepts(t types.Type) bool {
	if p.pass.Pkg.Name() == "main" {
		return false
	}
	key := types.TypeString(t.Underlying(), nil)
	if named, ok := types.Unalias(t).(*types.Named); ok {
		key = types.TypeString(named, nil)
	}
	if ok, done := p.accepted[key]; done {
		return ok
	}
	ok := p.apiTakes(t)
	p.accepted[key] = ok
	return ok
}

func (p *program) apiTakes(t types.Type) bool {
	scope := p.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Func:
			if paramsHold(obj.Signature(), t) {
				return true
			}
		case *types.Var:
			if holds(obj.Type(), t, 3) {
				return true
			}
		case *types.TypeName:
			if p.typeTakes(obj.Type(), t) {
				return true
			}
		}
	}
	return false
}

// typeTakes looks at the methods and fields of an exported type.
func (p *program) typeTakes(api, t types.Type) bool {
	if iface, ok := api.Underlying().(*types.Interface); ok {
		// Users call the methods that the package implements.
		for m := range iface.Methods() {
			if paramsHold(m.Signature(), t) && len(p.implementations(api, m)) > 0 {
				return true
			}
		}
		return false
	}
	if named, ok := types.Unalias(api).(*types.Named); ok {
		for m := range named.Methods() {
			if m.Exported() && paramsHold(m.Signature(), t) {
				return true
			}
		}
	}
	return holds(api, t, 2)
}

func paramsHold(sig *types.Signature, t types.Type) bool {
	for v := range sig.Params().Variables() {
		if holds(v.Type(), t, 3) {
			return true
		}
	}
	return false
}

// holds reports whether a value of type outer can carry one of type t: it is
// the same, or has it in an element or an exported field. Interfaces without
// methods carry nothing here, or everything would.
func holds(outer, t types.Type, depth int) bool {
	if matches(outer, t) || matches(outer.Underlying(), t) {
		return true
	}
	if depth == 0 {
		return false
	}
	switch u := outer.Underlying().(type) {
	case *types.Pointer:
		return holds(u.Elem(), t, depth-1)
	case *types.Slice:
		return holds(u.Elem(), t, depth-1)
	case *types.Map:
		return holds(u.Elem(), t, depth-1)
	case *types.Signature:
		// A callback that hands out the value: the user made it.
		for v := range u.Results().Variables() {
			if holds(v.Type(), t, depth-1) {
				return true
			}
		}
	case *types.Interface:
		for m := range u.Methods() {
			for v := range m.Signature().Results().Variables() {
				if holds(v.Type(), t, depth-1) {
					return true
				}
			}
		}
	case *types.Struct:
		for f := range u.Fields() {
			if f.Exported() && holds(f.Type(), t, depth-1) {
				return true
			}
		}
	}
	return false
}

// matches reports whether outer is t, or an instance of it where t is written in
// a generic function.
func matches(outer, t types.Type) bool {
	if _, ok := t.(*types.TypeParam); ok || types.Identical(outer, t) {
		return true
	}
	a, ok := outer.(*types.Signature)
	b, isSig := t.(*types.Signature)
	return ok && isSig && matchTuples(a.Params(), b.Params()) && matchTuples(a.Results(), b.Results())
}

func matchTuples(a, b *types.Tuple) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !matches(a.At(i).Type(), b.At(i).Type()) {
			return false
		}
	}
	return true
}
