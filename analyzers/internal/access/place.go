package access

import (
	"go/ast"
	"go/token"
	"go/types"
)

// place is where an expression that denotes a variable points to.
type place struct {
	v     *types.Var
	owner Owner
	part  string
	base  ast.Expr     // expression that holds the field; nil for a variable
	root  types.Object // variable at which the whole path starts; nil if it starts elsewhere
}

// step is one component of an access path.
type step struct {
	v     *types.Var
	deref bool     // reached through a pointer or an element of a slice
	base  ast.Expr // what the field is selected from
}

// locate resolves e, a variable or a chain of selectors.
func (s *State) locate(e ast.Expr) (place, bool) {
	steps, root, ok := s.path(e)
	if !ok {
		return place{}, false
	}
	last := len(steps) - 1
	for last > 0 && !steps[last].deref {
		last--
	}
	first := steps[last]
	p := place{v: first.v, base: first.base, root: root}
	for _, st := range steps[last+1:] {
		if p.part != "" {
			p.part += "."
		}
		p.part += st.v.Name()
	}
	switch {
	case first.v.IsField() && first.deref:
		p.owner = Field
	case first.v.IsField():
		return place{}, false // part of a temporary value
	case isGlobal(first.v):
		p.owner = PackageVar
	case s.capture[first.v]:
		p.owner = Captured
	default:
		return place{}, false
	}
	return p, true
}

// path returns the components of e from its root variable on. The first step
// is a variable, or a field whose holder is not a plain path.
func (s *State) path(e ast.Expr) (steps []step, root types.Object, ok bool) {
	info := s.pass.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, isVar := info.ObjectOf(e).(*types.Var)
		if !isVar || v.IsField() {
			return nil, nil, false
		}
		return []step{{v: v.Origin()}}, v, true
	case *ast.SelectorExpr:
		sel := info.Selections[e]
		if sel == nil { // qualified identifier
			v, isVar := info.Uses[e.Sel].(*types.Var)
			if !isVar {
				return nil, nil, false
			}
			return []step{{v: v}}, v, true
		}
		if sel.Kind() != types.FieldVal {
			return nil, nil, false
		}
		steps, root = s.holder(e.X)
		return appendFields(steps, sel, e.X), root, true
	case *ast.IndexExpr:
		// An element of an array lies within the array.
		if t := info.TypeOf(e.X); t != nil {
			if _, isArray := t.Underlying().(*types.Array); isArray {
				return s.path(e.X)
			}
		}
	}
	return nil, nil, false
}

// holder returns the path of what a field is selected from, and the variable at
// which it starts.
func (s *State) holder(x ast.Expr) ([]step, types.Object) {
	if steps, root, ok := s.path(x); ok {
		return steps, root
	}
	return nil, s.rootOf(x)
}

// rootOf returns the variable at which an expression starts, seen through
// stars, elements and calls of methods; nil if there is none.
func (s *State) rootOf(e ast.Expr) types.Object {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			if v, ok := s.pass.TypesInfo.ObjectOf(x).(*types.Var); ok {
				return v
			}
			return nil
		case *ast.SelectorExpr:
			if s.pass.TypesInfo.Selections[x] == nil {
				return s.pass.TypesInfo.ObjectOf(x.Sel)
			}
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.TypeAssertExpr:
			e = x.X
		case *ast.UnaryExpr:
			if x.Op != token.AND {
				return nil
			}
			e = x.X
		default:
			return nil
		}
	}
}

// appendFields adds the fields that one selection walks through, implicit
// embedded ones included.
func appendFields(steps []step, sel *types.Selection, x ast.Expr) []step {
	t := sel.Recv()
	known := len(steps) > 0
	for _, i := range sel.Index() {
		deref := !known
		if ptr, ok := t.Underlying().(*types.Pointer); ok {
			t, deref = ptr.Elem(), true
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return steps
		}
		// A value that is no path (a call, a map element) has no address:
		// its fields are a copy, unless a pointer or a slice lies between.
		field := st.Field(i)
		steps = append(steps, step{v: field.Origin(), deref: deref && !isCopy(x, sel, known), base: x})
		known = true
		t = field.Type()
	}
	return steps
}

// isCopy reports whether x, which is no path, yields a copy of a struct.
func isCopy(x ast.Expr, sel *types.Selection, known bool) bool {
	if known {
		return false
	}
	if _, ok := sel.Recv().Underlying().(*types.Pointer); ok {
		return false
	}
	switch ast.Unparen(x).(type) {
	case *ast.StarExpr, *ast.IndexExpr:
		return false
	}
	return true
}
