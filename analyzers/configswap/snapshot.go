package configswap

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// snapshots reports background loops that work with a copy of the configuration
// taken before the loop: they never see a reload.
func (c *checker) snapshots() {
	for _, f := range c.life.Funcs() {
		if !c.background(f) {
			continue
		}
		for _, stmt := range f.Body().List {
			if loop := endless(stmt); loop != nil {
				c.snapshot(f, loop)
			}
		}
	}
}

// background reports whether f runs once for the life of the service: what
// serves one connection or request may well keep its configuration.
func (c *checker) background(f *lifecycle.Func) bool {
	contexts := c.state.Contexts(f)
	for _, ctx := range contexts {
		if ctx.Trigger != nil {
			return false
		}
		switch ctx.Root.Kind {
		case lifecycle.Main:
		case lifecycle.Goroutine:
			if ctx.Root.Many || !c.startsOnce(ctx.Root) {
				return false
			}
		default:
			return false
		}
	}
	return len(contexts) > 0
}

// startsOnce reports whether the goroutine is started at the program's start,
// or by a function of the package's interface, not for each request or reload.
func (c *checker) startsOnce(root *lifecycle.Root) bool {
	if root.In == nil {
		return false
	}
	for _, ctx := range c.state.ContextsAt(root.In, root.Site.Pos()) {
		if ctx.Trigger != nil || ctx.Root.Kind == lifecycle.Handler || ctx.Root.Kind == lifecycle.Reload || ctx.Root.Many && ctx.Root.Kind == lifecycle.Goroutine {
			return false
		}
	}
	return true
}

// endless returns the statement as a loop without an end of its own, or nil.
func endless(stmt ast.Stmt) *ast.ForStmt {
	if l, ok := stmt.(*ast.LabeledStmt); ok {
		stmt = l.Stmt
	}
	loop, ok := stmt.(*ast.ForStmt)
	if !ok || loop.Init != nil || loop.Post != nil {
		return nil
	}
	return loop
}

// snapshot reports the copies that stand before loop and are used in it.
func (c *checker) snapshot(f *lifecycle.Func, loop *ast.ForStmt) {
	for _, stmt := range f.Body().List {
		assign, ok := stmt.(*ast.AssignStmt)
		if !ok || assign.End() > loop.Pos() || assign.Tok != token.DEFINE || len(assign.Lhs) != len(assign.Rhs) {
			continue
		}
		for i, l := range assign.Lhs {
			obj := c.pass.TypesInfo.Defs[l.(*ast.Ident)]
			cell := c.copied(assign.Rhs[i])
			if obj == nil || cell == nil || c.stale[cell] || !holdsSettings(obj.Type()) {
				continue
			}
			use := c.usedIn(loop, obj)
			if use == nil || c.assignedIn(f, obj) || c.readsIn(loop, cell) {
				continue
			}
			c.tellSnapshot(l, cell, use)
		}
	}
}

func (c *checker) tellSnapshot(l ast.Expr, cell *access.Cell, use ast.Expr) {
	w, ctx, ok := c.replacement(cell)
	if !ok {
		return
	}
	c.stale[cell] = true
	related := []analysis.RelatedInformation{
		report.Related(use, "used in an endless loop here"),
		report.Related(w.Node, "replaced here"),
	}
	c.rep.Report(report.Finding{
		Node:    l,
		Kind:    "snapshot",
		Message: "copy taken before an endless loop never sees the reload",
		Related: append(related, cause(ctx)...),
	})
}

// copied returns the cell of which e is a copy: read plainly, loaded
// atomically, or through a function that only returns it.
func (c *checker) copied(e ast.Expr) *access.Cell {
	if cell := c.state.AtomicLoad(e); cell != nil {
		return cell
	}
	if star, ok := ast.Unparen(e).(*ast.StarExpr); ok {
		e = star.X
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if v, ok := lifecycle.ObjectOf(c.pass.TypesInfo, e).(*types.Var); ok {
			return c.state.CellOf(v)
		}
	case *ast.CallExpr:
		if call := c.life.CallAt(e); call != nil && len(call.Funcs) == 1 {
			return c.returned(call.Funcs[0])
		}
	}
	return nil
}

// returned returns the cell that every return of f yields, and nothing else.
func (c *checker) returned(f *lifecycle.Func) *access.Cell {
	var cell *access.Cell
	only := true
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		ret, ok := n.(*ast.ReturnStmt)
		if !ok {
			return true
		}
		if len(ret.Results) != 1 || isCallExpr(ret.Results[0]) {
			only = false
			return false
		}
		got := c.copied(ret.Results[0])
		only = only && got != nil && (cell == nil || cell == got)
		cell = got
		return false
	})
	if !only {
		return nil
	}
	return cell
}

func isCallExpr(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok
}

// holdsSettings reports whether t is a structure of settings: only of those is
// a copy kept by mistake rather than on purpose.
func holdsSettings(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		_, ok := u.Elem().Underlying().(*types.Struct)
		return ok
	case *types.Struct, *types.Map:
		return true
	}
	return false
}

// usedIn returns a read of a field or entry of obj in the loop, or nil.
func (c *checker) usedIn(loop *ast.ForStmt, obj types.Object) ast.Expr {
	var use ast.Expr
	ast.Inspect(loop, func(n ast.Node) bool {
		var x ast.Expr
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if s := c.pass.TypesInfo.Selections[n]; s != nil && s.Kind() == types.FieldVal {
				x = n.X
			}
		case *ast.IndexExpr:
			x = n.X
		}
		if id, ok := x.(*ast.Ident); ok && use == nil && c.pass.TypesInfo.Uses[id] == obj {
			use = n.(ast.Expr)
		}
		return use == nil
	})
	return use
}

// assignedIn reports whether f assigns to obj or changes it after its
// definition.
func (c *checker) assignedIn(f *lifecycle.Func, obj types.Object) bool {
	found := false
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok {
			for _, l := range assign.Lhs {
				if root, _ := c.target(l); root != nil {
					l = root
				}
				if id, ok := ast.Unparen(l).(*ast.Ident); ok && c.pass.TypesInfo.Uses[id] == obj {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// readsIn reports whether the loop reads the cell anew.
func (c *checker) readsIn(loop *ast.ForStmt, cell *access.Cell) bool {
	found := false
	ast.Inspect(loop, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && c.copied(e) == cell {
			found = true
		}
		return !found
	})
	return found
}
