package configswap

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// rebuilt knows which types a root makes new objects of. A reload that decodes
// a new configuration and fills its fields writes to an object that nobody else
// has yet; the package does not tell objects of one type apart, so a write to a
// field of such a type is no evidence, unless it goes through a variable of the
// package.
type rebuilt map[*lifecycle.Root]map[*types.TypeName]bool

func newRebuilt(c *checker) rebuilt {
	r := make(rebuilt)
	for _, f := range c.life.Funcs() {
		made := make(map[*types.TypeName]bool)
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CompositeLit:
				c.addMade(made, c.pass.TypesInfo.TypeOf(n))
			case *ast.ValueSpec:
				if n.Type != nil && len(n.Values) == 0 {
					c.addMade(made, c.pass.TypesInfo.TypeOf(n.Type))
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "new" && len(n.Args) == 1 {
					c.addMade(made, c.pass.TypesInfo.TypeOf(n.Args[0]))
				}
			}
			return true
		})
		if len(made) == 0 {
			continue
		}
		for _, ctx := range c.state.Contexts(f) {
			if isStart(ctx) {
				continue
			}
			if r[ctx.Root] == nil {
				r[ctx.Root] = make(map[*types.TypeName]bool)
			}
			for t := range made {
				r[ctx.Root][t] = true
			}
		}
	}
	return r
}

// addMade adds the type of a new object, and those of the objects that its
// fields hold: they are as new.
func (c *checker) addMade(made map[*types.TypeName]bool, t types.Type) {
	name := c.localType(t)
	if name == nil || made[name] {
		return
	}
	made[name] = true
	if st, ok := name.Type().Underlying().(*types.Struct); ok {
		for i := range st.NumFields() {
			c.addMade(made, st.Field(i).Type())
		}
	}
}

// localType returns the named type of the package behind t, its pointers and
// its containers, or nil.
func (c *checker) localType(t types.Type) *types.TypeName {
	for t != nil {
		switch u := types.Unalias(t).(type) {
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		case *types.Named:
			if u.Obj().Pkg() == c.pass.Pkg {
				return u.Origin().Obj()
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// fills reports whether w may fill an object that the run of root made.
func (r rebuilt) fills(c *checker, w *access.Access, root *lifecycle.Root) bool {
	if w.Cell.Owner != access.Field || w.Base == nil || len(r[root]) == 0 {
		return false
	}
	t := c.localType(c.pass.TypesInfo.TypeOf(w.Base))
	return t != nil && r[root][t] && !c.ofPackage(w.Base) && !c.isKept(w.Base, w.In, root, maxHops)
}

// isKept reports whether e, in f under root, is an object that is there before
// a reload and after it: the function that answers the reload has it from the
// one around it, or is called on it.
func (c *checker) isKept(e ast.Expr, f *lifecycle.Func, root *lifecycle.Root, hops int) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok || root.Kind != lifecycle.Reload || hops == 0 {
		return false
	}
	v, ok := c.pass.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok {
		return false
	}
	if f == root.Entry && f.Lit != nil {
		return v.Pos() < f.Lit.Pos() || v.Pos() >= f.Lit.End()
	}
	if f.Decl == nil {
		return false
	}
	index, ok := c.shared.parameter(f, v)
	switch {
	case !ok:
		return false
	case f == root.Entry:
		return index < 0
	}
	kept := false
	for _, call := range c.callers()[f] {
		if !c.runsUnder(call.In, root) {
			continue
		}
		if arg := passedFor(call, index); arg == nil || !c.isKept(arg, call.In, root, hops-1) {
			return false
		}
		kept = true
	}
	return kept
}

func (c *checker) runsUnder(f *lifecycle.Func, root *lifecycle.Root) bool {
	return slices.ContainsFunc(c.state.Contexts(f), func(ctx lifecycle.Context) bool { return ctx.Root == root })
}

// ofPackage reports whether the path e begins at a variable of the package.
func (c *checker) ofPackage(e ast.Expr) bool {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			v, ok := c.pass.TypesInfo.ObjectOf(x).(*types.Var)
			return ok && v.Parent() == c.pass.Pkg.Scope()
		default:
			return false
		}
	}
}
