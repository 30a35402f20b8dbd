package configswap

import (
	"go/ast"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// comesFromOutside reports whether a write assigns something that its object
// did not have before: what a parameter brings, or a call that does not work on
// the object itself. The next element of a queue or a new buffer is neither.
func (c *checker) comesFromOutside(w *access.Access) bool {
	if w.Value == nil {
		return w.Decode
	}
	// One walk a function, not one for each pair of accesses.
	o := c.outsides[w.In]
	if o == nil {
		o = &outside{c: c, from: make(map[types.Object]bool), own: make(map[types.Object]bool), values: make(map[ast.Expr]bool)}
		o.parameters(w.In)
		o.spread(w.In)
		c.outsides[w.In] = o
	}
	brings, ok := o.values[w.Value]
	if !ok {
		brings = o.brings(w.Value)
		o.values[w.Value] = brings
	}
	return brings
}

// outside knows which variables of a function carry something from outside.
type outside struct {
	c    *checker
	from map[types.Object]bool
	own  map[types.Object]bool // receivers

	values map[ast.Expr]bool // what brings said
}

// parameters marks the parameters of f and of the functions around it.
func (o *outside) parameters(f *lifecycle.Func) {
	for ; f != nil; f = f.Parent {
		for _, field := range f.Type().Params.List {
			for _, name := range field.Names {
				if obj := o.c.pass.TypesInfo.Defs[name]; obj != nil && !isPlumbing(obj.Type()) {
					o.from[obj] = true
				}
			}
		}
		if f.Decl != nil && f.Decl.Recv != nil {
			for _, name := range f.Decl.Recv.List[0].Names {
				o.own[o.c.pass.TypesInfo.Defs[name]] = true
			}
		}
	}
}

// isPlumbing reports whether a parameter of type t is never a setting.
func isPlumbing(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "context"
}

// spread follows assignments until no variable is added.
func (o *outside) spread(f *lifecycle.Func) {
	info := o.c.pass.TypesInfo
	for changed := true; changed; {
		changed = false
		mark := func(l ast.Expr) {
			for {
				ix, ok := ast.Unparen(l).(*ast.IndexExpr)
				if !ok {
					break
				}
				l = ix.X
			}
			id, ok := ast.Unparen(l).(*ast.Ident)
			if !ok {
				return
			}
			if obj := info.ObjectOf(id); obj != nil && isLocal(obj) && !o.from[obj] && !o.own[obj] {
				o.from[obj], changed = true, true
			}
		}
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if r := n.Rhs[min(i, len(n.Rhs)-1)]; o.brings(r) {
						mark(l)
					}
				}
			case *ast.RangeStmt:
				if o.brings(n.X) {
					for _, l := range []ast.Expr{n.Key, n.Value} {
						if l != nil {
							mark(l)
						}
					}
				}
			}
			return true
		})
	}
}

// brings reports whether e yields something from outside.
func (o *outside) brings(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || o.from[o.c.pass.TypesInfo.ObjectOf(n)]
		case *ast.CallExpr:
			found = found || o.fetches(n)
		}
		return !found
	})
	return found
}

// fetches reports whether a call works neither on a receiver nor on what it
// holds, and so gets its result from elsewhere.
func (o *outside) fetches(call *ast.CallExpr) bool {
	info := o.c.pass.TypesInfo
	if tv := info.Types[call.Fun]; tv.IsType() {
		return false
	}
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
		if _, ok := info.Uses[id].(*types.Builtin); ok {
			return false
		}
	}
	if c := o.c.life.CallAt(call); len(call.Args) == 0 && c != nil && c.Static != nil && c.Static.Pkg() != o.c.pass.Pkg && c.Static.Signature().Recv() == nil {
		return false // list.New() and its like make something empty
	}
	touches := false
	ast.Inspect(call, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && o.own[info.ObjectOf(id)] {
			touches = true
		}
		return !touches
	})
	t := info.TypeOf(call)
	return !touches && t != nil && !isTimes(t)
}

// isTimes reports whether t is a time: when something happened is no setting.
func isTimes(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time"
}
