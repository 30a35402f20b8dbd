package origin

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// index enters the assignments and calls of a file.
func (g *Graph) index(f *ast.File) {
	ast.PreorderStack(f, nil, func(n ast.Node, parents []ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			g.assignAll(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			lhs := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				lhs[i] = name
			}
			g.assignAll(lhs, n.Values)
		case *ast.RangeStmt:
			if n.Value != nil {
				g.assign(n.Value, n.X, -1)
			} else if _, ok := g.coreType(n.X).(*types.Chan); ok && n.Key != nil {
				g.assign(n.Key, n.X, -1)
			}
		case *ast.SendStmt:
			g.assign(n.Chan, n.Value, -1)
		case *ast.CompositeLit:
			g.literal(n)
		case *ast.TypeSwitchStmt:
			g.typeSwitch(n)
		case *ast.CallExpr:
			g.call(n)
		case *ast.Ident:
			g.funcValue(n, parents)
		case *ast.FuncLit:
			g.litValue(n, parents)
		}
		return true
	})
}

func (g *Graph) coreType(e ast.Expr) types.Type {
	if t := g.info.TypeOf(e); t != nil {
		return t.Underlying()
	}
	return nil
}

func (g *Graph) assignAll(lhs, rhs []ast.Expr) {
	switch {
	case len(rhs) == len(lhs):
		for i := range lhs {
			g.assign(lhs[i], rhs[i], -1)
		}
	case len(rhs) == 1:
		for i := range lhs {
			g.assign(lhs[i], rhs[0], i)
		}
	}
}

// assign enters that the memory named by lhs gets the value of rhs, or result
// index of it.
func (g *Graph) assign(lhs, rhs ast.Expr, index int) {
	obj := g.Root(lhs)
	if obj == nil {
		return
	}
	g.defs[obj] = append(g.defs[obj], def{expr: rhs, index: index, part: partial(lhs)})
	g.hold(obj, rhs)
}

// partial reports whether an assignment to lhs leaves the variable itself as it is.
func partial(lhs ast.Expr) bool {
	switch ast.Unparen(lhs).(type) {
	case *ast.Ident, *ast.SelectorExpr:
		return false
	}
	return true
}

// hold enters that obj may hold the function that rhs names.
func (g *Graph) hold(obj types.Object, rhs ast.Expr) {
	if f := g.functionOf(rhs); f != nil {
		g.holders[f] = append(g.holders[f], obj)
		g.held[obj] = append(g.held[obj], f)
	}
}

// functionOf returns the function of the package that an expression denotes.
func (g *Graph) functionOf(e ast.Expr) *function {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return g.lits[e]
	case *ast.Ident:
		fn, _ := g.info.Uses[e].(*types.Func)
		return g.funcs[origin(fn)]
	case *ast.SelectorExpr:
		fn, _ := g.info.Uses[e.Sel].(*types.Func)
		return g.funcs[origin(fn)]
	}
	return nil
}

func origin(fn *types.Func) *types.Func {
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// literal enters the fields of a struct literal.
func (g *Graph) literal(lit *ast.CompositeLit) {
	st, ok := g.coreType(lit).(*types.Struct)
	if !ok {
		return
	}
	for i, elt := range lit.Elts {
		var field *types.Var
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok {
				field, _ = g.info.Uses[key].(*types.Var)
			}
			elt = kv.Value
		} else if i < st.NumFields() {
			field = st.Field(i)
		}
		if field != nil {
			g.defs[field.Origin()] = append(g.defs[field.Origin()], def{expr: elt, index: -1})
			g.hold(field.Origin(), elt)
		}
	}
}

// typeSwitch enters the variables that a type switch declares, one a clause.
func (g *Graph) typeSwitch(s *ast.TypeSwitchStmt) {
	as, ok := s.Assign.(*ast.AssignStmt)
	if !ok {
		return
	}
	x, ok := ast.Unparen(as.Rhs[0]).(*ast.TypeAssertExpr)
	if !ok {
		return
	}
	for _, clause := range s.Body.List {
		if obj := g.info.Implicits[clause]; obj != nil {
			g.defs[obj] = append(g.defs[obj], def{expr: x.X, index: -1})
		}
	}
}

func (g *Graph) call(call *ast.CallExpr) {
	if b, ok := typeutil.Callee(g.info, call).(*types.Builtin); ok && b.Name() == "copy" && len(call.Args) == 2 {
		g.assign(call.Args[0], call.Args[1], -1)
		g.Fills = append(g.Fills, Fill{Call: call, Buffer: call.Args[0], row: copyRow})
		return
	}
	fn := g.Callee(call)
	if fn == nil {
		if v := g.calledVar(call); v != nil {
			g.calls[v] = append(g.calls[v], call)
		}
		return
	}
	g.calls[fn] = append(g.calls[fn], call)
	g.captured = append(g.captured, call)
	if recv := (place{what: "recv"}).expr(call); recv != nil && g.atomicMethod(fn) {
		for _, arg := range call.Args { // Store, Swap, CompareAndSwap
			g.assign(recv, arg, -1)
		}
	}
	if handle := g.ioctl(fn, call); handle != nil {
		g.ioctls = append(g.ioctls, handle)
	}
	r := lookup(fn)
	if r == nil {
		return
	}
	if out := r.out.expr(call); out != nil && r.role != rolePass {
		g.Fills = append(g.Fills, Fill{Call: call, Buffer: out, Write: r.role == roleWrite, row: r})
	}
}

// funcValue enters functions that are used other than by calling them.
func (g *Graph) funcValue(id *ast.Ident, parents []ast.Node) {
	fn, ok := g.info.Uses[id].(*types.Func)
	if !ok || g.funcs[fn.Origin()] == nil {
		return
	}
	var expr ast.Node = id
	up := len(parents) - 1
	if sel, ok := parents[up].(*ast.SelectorExpr); ok && sel.Sel == id {
		expr, up = sel, up-1
	}
	g.useOfFunc(g.funcs[fn.Origin()], expr, parents[:up+1])
}

func (g *Graph) litValue(lit *ast.FuncLit, parents []ast.Node) {
	if f := g.lits[lit]; f != nil {
		g.useOfFunc(f, lit, parents)
	}
}

// useOfFunc marks f as escaped unless expr is called, assigned to a variable,
// or passed to a function of the package.
func (g *Graph) useOfFunc(f *function, expr ast.Node, parents []ast.Node) {
	for i := len(parents) - 1; i >= 0; i-- {
		switch p := parents[i].(type) {
		case *ast.ParenExpr, *ast.IndexExpr, *ast.IndexListExpr:
			expr = p
			continue
		case *ast.CallExpr:
			if p.Fun == expr {
				return // calls are entered by call
			}
			if callee := g.Callee(p); callee != nil && g.funcs[callee] != nil {
				return // bindArgs
			}
		case *ast.AssignStmt, *ast.ValueSpec, *ast.KeyValueExpr:
			return // held by a variable or field
		}
		break
	}
	g.escaped[f] = true
}

// bindArgs enters functions passed as arguments into the parameters.
func (g *Graph) bindArgs(call *ast.CallExpr) {
	f := g.funcs[g.Callee(call)]
	if f == nil {
		return
	}
	for i, arg := range call.Args {
		if p := f.param(i); p != nil {
			g.hold(p, arg)
		}
	}
}

// param returns the parameter that argument i of a call is bound to.
func (f *function) param(i int) *types.Var {
	switch n := len(f.params); {
	case i < n:
		return f.params[i]
	case n > 0: // variadic
		return f.params[n-1]
	}
	return nil
}
