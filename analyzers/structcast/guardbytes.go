package structcast

import (
	"go/ast"
	"go/types"
)

// versioned reports whether the bytes of a site are checked for a version, in
// the struct, in a struct over the same bytes, or before the cast.
func (g *guards) versioned(s *site) bool {
	if g.magic[key(s.elem)] || g.c.versionedType(s.elem) || g.producers[s.src.Node] || s.src.Handle != nil && g.validated[s.src.Handle] {
		return true
	}
	for obj := range s.res.Objects {
		if g.validated[obj] && holdsBytes(obj.Type()) {
			return true
		}
	}
	for _, cmp := range g.compares {
		if cmp.exit && (g.isVersion(cmp.x, cmp.y) && g.speaksOf(cmp.x, s) || g.isVersion(cmp.y, cmp.x) && g.speaksOf(cmp.y, s)) {
			return true
		}
	}
	return false
}

// speaksOf reports whether e is made of the site's bytes, or was read before
// them from the same file or connection.
func (g *guards) speaksOf(e ast.Expr, s *site) bool {
	if g.readsBytes(e, s, 0) {
		return true
	}
	if s.src.Handle == nil {
		return false
	}
	res := g.traces[e]
	if res == nil {
		res = g.c.origins().Trace(e)
		g.traces[e] = res
	}
	for _, src := range res.Sources {
		if src.Handle == s.src.Handle && src.Kind.Outside() {
			return true
		}
	}
	return false
}

// readsBytes reports whether e is made of the content of the site's bytes.
func (g *guards) readsBytes(e ast.Expr, s *site, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if found || g.isLength(n) {
			return false
		}
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj, _ := g.c.pass.TypesInfo.Uses[id].(*types.Var)
		if obj == nil {
			return true
		}
		if s.res.Objects[obj.Origin()] && holdsBytes(obj.Type()) {
			found = true
		} else if depth < 2 && !obj.IsField() {
			defs, _ := g.c.origins().Definitions(obj)
			for _, d := range defs {
				call, isCall := ast.Unparen(d).(*ast.CallExpr)
				count := isCall && g.c.origins().Known(call) && !holdsBytes(obj.Type())
				found = found || !count && g.readsBytes(d, s, depth+1)
			}
		}
		return !found
	})
	return found
}

func holdsBytes(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return isBytes(u.Elem())
	case *types.Pointer:
		return true
	case *types.Array:
		return isBytes(u)
	case *types.Basic:
		return u.Info()&types.IsString != 0 || u.Kind() == types.UnsafePointer
	}
	return false
}
