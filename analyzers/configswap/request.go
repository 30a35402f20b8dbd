package configswap

import "go/types"

// ofRequest reports whether the objects of a type belong to one request each:
// where the type is declared, handlers are defined to take one by value beside
// the request. State that requests share is not copied for each.
func (s *sharing) ofRequest(t types.Type) bool {
	if t == nil {
		return false
	}
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	if _, ok := named.Underlying().(*types.Struct); !ok {
		return false
	}
	known, ok := s.requests[named.Origin().Obj()]
	if !ok {
		known = handlersTake(named)
		s.requests[named.Origin().Obj()] = known
	}
	return known
}

// handlersTake looks at the kinds of handlers in the package of t: interfaces
// and types of functions.
func handlersTake(t *types.Named) bool {
	scope := t.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		switch u := obj.Type().Underlying().(type) {
		case *types.Signature:
			if besideRequest(u, t) {
				return true
			}
		case *types.Interface:
			for m := range u.Methods() {
				if besideRequest(m.Signature(), t) {
					return true
				}
			}
		}
	}
	return false
}

// besideRequest reports whether a function takes a t by value, and a request.
func besideRequest(sig *types.Signature, t *types.Named) bool {
	byValue, request := false, false
	for v := range sig.Params().Variables() {
		byValue = byValue || types.Identical(v.Type(), t)
		request = request || types.TypeString(v.Type(), nil) == "*net/http.Request"
	}
	return byValue && request
}
