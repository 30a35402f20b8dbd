package configswap

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// object returns the variable or field that holds the receiver of a method, an
// embedded field for a promoted one.
func (x *crossing) object(sel *ast.SelectorExpr) (*types.Var, ast.Expr) {
	if s := x.c.pass.TypesInfo.Selections[sel]; s != nil {
		if v := access.Embedded(s); v != nil {
			return v, sel.X
		}
	}
	return x.c.state.Holder(sel.X)
}

// origin follows a parameter to the argument of the only call that fills it.
func (x *crossing) origin(v *types.Var, in *lifecycle.Func, hops int) (*types.Var, ast.Expr, *lifecycle.Func) {
	f := in.Outermost()
	if f.Decl == nil || !isLocal(v) {
		return v, nil, in
	}
	index, ok := x.c.shared.parameter(f, v)
	if !ok {
		return v, nil, in
	}
	calls := x.c.callers()[f]
	if hops == 0 || index < 0 || len(calls) != 1 || index >= len(calls[0].Expr.Args) {
		return nil, nil, nil
	}
	next, base := x.c.state.Holder(calls[0].Expr.Args[index])
	if u, ok := ast.Unparen(calls[0].Expr.Args[index]).(*ast.UnaryExpr); ok && u.Op == token.AND {
		next, base = x.c.state.Holder(u.X)
	}
	if next == nil || next.IsField() {
		return next, base, calls[0].In
	}
	return x.origin(next, calls[0].In, hops-1)
}

// cell returns the cell that stands for the object in a variable or field.
func (x *crossing) cell(v *types.Var) *access.Cell {
	cell := x.cells[v]
	if cell == nil {
		cell = &access.Cell{Var: v, Owner: access.Captured}
		switch {
		case v.IsField():
			cell.Owner = access.Field
		case !isLocal(v):
			cell.Owner = access.PackageVar
		}
		x.cells[v] = cell
	}
	return cell
}

// packageState returns the cell that stands for the state of a whole package.
func (x *crossing) packageState(pkg *types.Package) *access.Cell {
	for _, cell := range x.cells {
		if cell.Owner == access.PackageVar && cell.Var.Pkg() == pkg && cell.Var.Name() == "" {
			return cell
		}
	}
	return x.cell(types.NewVar(token.NoPos, pkg, "", types.NewStruct(nil, nil)))
}

// settled reports whether a variable or field holds one object as long as the
// service runs: what a reload puts there anew nobody else has yet.
func (x *crossing) settled(v *types.Var) bool {
	if cell := x.c.state.CellOf(v); cell != nil {
		for _, a := range cell.Accesses {
			if a.Op != access.Read && !a.Setup && !a.Once {
				return false
			}
		}
	}
	if v.IsField() || !isLocal(v) {
		return true
	}
	for _, f := range x.c.life.Funcs() {
		if f.Type().Pos() <= v.Pos() && v.Pos() < f.Body().End() &&
			(f.TriggerAt(v.Pos()) != nil || x.c.state.EndlessLoop(f, v.Pos()) != nil || x.reassigns(f, v)) {
			return false
		}
	}
	return true
}

// reassigns reports whether f assigns to v in a loop or in answer to an event.
func (x *crossing) reassigns(f *lifecycle.Func, v *types.Var) bool {
	found := false
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			return !found
		}
		for _, l := range assign.Lhs {
			id, isIdent := ast.Unparen(l).(*ast.Ident)
			if isIdent && x.c.pass.TypesInfo.Uses[id] == v {
				found = found || f.TriggerAt(n.Pos()) != nil || x.c.state.EndlessLoop(f, n.Pos()) != nil
			}
		}
		return !found
	})
	return found
}

// holds reports whether the object that a is called on lives as long as the
// service.
func (x *crossing) holds(a *access.Access) bool {
	if x.c.shared.holds(a) {
		return true
	}
	if a.Cell.Owner != access.Field {
		return false
	}
	root, _ := x.c.state.Holder(a.Base)
	if root != nil && isLocal(root) {
		root, _, _ = x.origin(root, a.In, maxHops)
	}
	return root != nil && isLocal(root) && x.c.shared.declaredAtStart(root) && x.settled(root)
}
