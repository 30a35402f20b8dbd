package origin

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// Known reports whether call is of a function of the table: what it returns
// beside bytes are counts and errors.
func (g *Graph) Known(call *ast.CallExpr) bool {
	fn := g.Callee(call)
	return fn != nil && lookup(fn) != nil
}

// Calls returns the calls of a declared function of the package, through
// variables that hold it as well.
func (g *Graph) Calls(fn *types.Func) []*ast.CallExpr {
	if f := g.funcs[fn.Origin()]; f != nil {
		return g.callsOf(f)
	}
	return nil
}

// Definitions returns the expressions that the package assigns to a variable or
// field; ok is false when it gets its value in another way as well: a result of
// a tuple or a parameter. What is stored into its elements or by calls that fill
// it is not listed.
func (g *Graph) Definitions(obj types.Object) (list []ast.Expr, ok bool) {
	_, isParam := g.params[obj]
	ok = !isParam
	for _, d := range g.defs[obj] {
		if d.fill != nil || d.part {
			continue
		}
		list = append(list, d.expr)
		ok = ok && d.index < 0
	}
	return list, ok
}

// Param returns the function and the index of a parameter (-1: the receiver);
// fn is nil for other variables and for parameters of literals.
func (g *Graph) Param(v *types.Var) (fn *types.Func, index int) {
	p, ok := g.params[v]
	if !ok {
		return nil, 0
	}
	return p.fn.obj, p.index
}

// Results walks backward from result index of a declared function.
func (g *Graph) Results(fn *types.Func, index int) *Result {
	w := g.newWalker()
	w.enter(g.funcs[fn.Origin()], nil, index, nil)
	return &w.Result
}

// TraceFill tells where the bytes of a fill come from.
func (g *Graph) TraceFill(f Fill) *Result {
	w := g.newWalker()
	w.produce(f.row, f.Call, nil)
	return &w.Result
}

// Declared returns the declared functions of the package that have a body.
func (g *Graph) Declared() []*types.Func {
	var list []*types.Func
	for fn := range g.funcs {
		list = append(list, fn)
	}
	slices.SortFunc(list, func(a, b *types.Func) int { return int(a.Pos() - b.Pos()) })
	return list
}

// Callee returns the function that a call names, with generic instances
// reduced to their origin; nil for conversions, builtins and function values.
func (g *Graph) Callee(call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(g.info, call).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// calledVar returns the variable or field of function type that a call calls.
func (g *Graph) calledVar(call *ast.CallExpr) types.Object {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		v, _ := g.info.Uses[fun].(*types.Var)
		if v != nil {
			return v
		}
	case *ast.SelectorExpr:
		v, _ := g.info.Uses[fun.Sel].(*types.Var)
		if v != nil {
			return v.Origin()
		}
	}
	return nil
}

// Root returns the variable or field whose memory an expression denotes,
// through slicing, indexing, addresses and conversions; nil if there is none.
func (g *Graph) Root(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, _ := g.object(e).(*types.Var)
		if v != nil {
			return v.Origin()
		}
	case *ast.SelectorExpr:
		v, _ := g.info.Uses[e.Sel].(*types.Var)
		if v != nil {
			return v.Origin()
		}
	case *ast.SliceExpr:
		return g.Root(e.X)
	case *ast.IndexExpr:
		return g.Root(e.X)
	case *ast.StarExpr:
		return g.Root(e.X)
	case *ast.TypeAssertExpr:
		return g.Root(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return g.Root(e.X)
		}
	case *ast.CallExpr:
		if arg := g.sameMemory(e); arg != nil {
			return g.Root(arg)
		}
	}
	return nil
}

// sameMemory returns the argument of a conversion or of an unsafe function
// whose result points into the argument's memory.
func (g *Graph) sameMemory(call *ast.CallExpr) ast.Expr {
	if len(call.Args) == 0 {
		return nil
	}
	if tv := g.info.Types[call.Fun]; tv.IsType() {
		return call.Args[0]
	}
	if b, ok := typeutil.Callee(g.info, call).(*types.Builtin); ok {
		switch b.Name() {
		case "Add", "Slice", "SliceData", "String", "StringData", "append":
			return call.Args[0]
		}
	}
	return nil
}

func (g *Graph) object(id *ast.Ident) types.Object {
	if obj := g.info.Uses[id]; obj != nil {
		return obj
	}
	return g.info.Defs[id]
}
