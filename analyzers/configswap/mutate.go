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

// mutated reports objects that change after an atomic published them.
func (c *checker) mutated() {
	for _, f := range c.life.Funcs() {
		if len(c.state.Contexts(f)) == 0 {
			continue
		}
		published := c.published(f)
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.AssignStmt:
				for _, l := range n.Lhs {
					c.mutation(f, l, published)
				}
			case *ast.IncDecStmt:
				c.mutation(f, n.X, published)
			case *ast.CallExpr:
				if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && id.Name == "delete" && len(n.Args) == 2 {
					c.mutation(f, &ast.IndexExpr{X: n.Args[0], Lbrack: n.Args[0].End() - 1, Index: n.Args[1], Rbrack: n.Rparen - 1}, published)
				}
			}
			return true
		})
	}
}

// publication is where a variable's object became visible to others.
type publication struct {
	cell *access.Cell
	from token.Pos // the object is shared from here on
	node ast.Node
}

// published returns the variables of f whose object an atomic shares: loaded
// from it, or stored into it.
func (c *checker) published(f *lifecycle.Func) map[types.Object]publication {
	set := make(map[types.Object]publication)
	for obj, call := range c.heldLoads(f) {
		if call == nil || !sharesMemory(obj.Type()) {
			continue
		}
		set[obj] = publication{c.state.AtomicLoad(call), call.End(), call}
	}
	for _, cell := range c.state.Cells {
		for _, a := range cell.Accesses {
			if !a.Atomic || a.Op != access.Replace || a.In != f || a.Value == nil {
				continue
			}
			if obj := lifecycle.ObjectOf(c.pass.TypesInfo, stripConversion(c.pass.TypesInfo, a.Value)); obj != nil && sharesMemory(obj.Type()) && isLocal(obj) {
				set[obj] = publication{cell, a.Node.End(), a.Node}
			}
		}
	}
	return set
}

func isLocal(obj types.Object) bool {
	v, ok := obj.(*types.Var)
	return ok && !v.IsField() && v.Parent() != nil && v.Pkg() != nil && v.Parent() != v.Pkg().Scope()
}

func stripConversion(info *types.Info, e ast.Expr) ast.Expr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if ok && len(call.Args) == 1 && info.Types[call.Fun].IsType() {
		return call.Args[0]
	}
	return e
}

// sharesMemory reports whether a copy of a value of type t shares its content.
func sharesMemory(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Slice:
		return true
	}
	return false
}

// mutation reports the assignment to l if it changes a published object that
// others read without the lock held here.
func (c *checker) mutation(f *lifecycle.Func, l ast.Expr, published map[types.Object]publication) {
	root, field := c.target(l)
	if root == nil {
		return
	}
	var pub publication
	if id, ok := root.(*ast.Ident); ok {
		pub, ok = published[c.pass.TypesInfo.ObjectOf(id)]
		if !ok {
			return
		}
	} else if cell := c.state.AtomicLoad(root); cell != nil {
		pub = publication{cell, root.Pos(), root}
	} else {
		return
	}
	if l.Pos() < pub.from || c.restored(f, root, l.Pos()) || !c.sharedObject(pub.cell, f, l, field) {
		return
	}
	w, ctx, ok := c.replacement(pub.cell)
	if !ok {
		if w, ctx, ok = c.reloadAt(f, l, pub.cell); !ok {
			return
		}
	}
	if c.told[pub.cell] {
		return
	}
	c.told[pub.cell] = true
	related := []analysis.RelatedInformation{{Pos: pub.node.Pos(), End: pub.node.End(), Message: "the published object"}}
	if w != nil && w.Node.Pos() != pub.node.Pos() {
		related = append(related, report.Related(w.Node, "published here"))
	}
	for _, r := range c.loadsElsewhere(pub.cell, f) {
		related = append(related, report.Related(r.Node, "loaded here"))
	}
	c.rep.Report(report.Finding{
		Node:    l,
		Kind:    "mutate",
		Message: "object changes after it was published while readers use it",
		Related: append(related, cause(ctx)...),
	})
}

// target returns the expression whose object the assignment to l changes, a
// variable or a load, and the field if one is assigned.
func (c *checker) target(l ast.Expr) (root ast.Expr, field *types.Var) {
	changed := false
	for {
		switch x := ast.Unparen(l).(type) {
		case *ast.SelectorExpr:
			selection := c.pass.TypesInfo.Selections[x]
			if selection == nil {
				return nil, nil
			}
			if v, ok := selection.Obj().(*types.Var); ok {
				field = v
			}
			l, changed = x.X, true
		case *ast.IndexExpr:
			l, changed = x.X, true
		case *ast.StarExpr:
			l, changed = x.X, true
		case *ast.Ident, *ast.CallExpr, *ast.TypeAssertExpr:
			if !changed {
				return nil, nil
			}
			return x, field
		default:
			return nil, nil
		}
	}
}

// restored reports whether the variable gets a new object between its load and
// pos; heldLoads knows only variables that are assigned once.
func (c *checker) restored(f *lifecycle.Func, root ast.Expr, pos token.Pos) bool {
	id, ok := root.(*ast.Ident)
	if !ok {
		return false
	}
	obj := c.pass.TypesInfo.ObjectOf(id)
	count := 0
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok {
			for _, l := range assign.Lhs {
				if id, ok := ast.Unparen(l).(*ast.Ident); ok && c.pass.TypesInfo.ObjectOf(id) == obj {
					count++
				}
			}
		}
		return true
	})
	return count > 1
}

// sharedObject reports whether others load the cell while f changes the object
// behind it, and no lock keeps them apart.
func (c *checker) sharedObject(cell *access.Cell, f *lifecycle.Func, l ast.Expr, field *types.Var) bool {
	if len(c.loadsElsewhere(cell, f)) == 0 {
		return false
	}
	if field == nil {
		return true
	}
	fields := c.state.CellOf(field.Origin())
	if fields == nil {
		return true // a type that the cells leave out
	}
	var mine *access.Access
	for _, a := range fields.Accesses {
		if a.In == f && a.Node.Pos() <= l.Pos() && l.Pos() < a.Node.End() || a.In == f && within(a.Node, l) {
			mine = a
		}
	}
	for _, a := range fields.Accesses {
		if a.In != f && !a.Setup && (mine == nil || !mine.Locks.Exclude(a.Locks)) {
			return true
		}
	}
	return false
}

// loadsElsewhere returns up to three loads of the cell in other functions.
func (c *checker) loadsElsewhere(cell *access.Cell, f *lifecycle.Func) []*access.Access {
	var list []*access.Access
	for _, a := range cell.Accesses {
		if a.Atomic && a.Op == access.Read && a.In != f && !a.Setup && len(list) < maxReads {
			list = append(list, a)
		}
	}
	return list
}

// reloadAt reports whether the code of f at l answers a reload itself.
func (c *checker) reloadAt(f *lifecycle.Func, l ast.Expr, cell *access.Cell) (*access.Access, lifecycle.Context, bool) {
	probe := &access.Access{Cell: cell, Op: access.InPlace, Node: l, In: f}
	for _, ctx := range c.state.ContextsAt(f, l.Pos()) {
		if ctx.Root.Kind != lifecycle.Handler && c.contextStrength(ctx, probe) == certain {
			return nil, ctx, true
		}
	}
	return nil, lifecycle.Context{}, false
}
