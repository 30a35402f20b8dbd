package configswap

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// replacement returns the write that replaces the cell on a reload, with the
// context of the reload; certain or, when atomic, by a caller of the package.
func (c *checker) replacement(cell *access.Cell) (*access.Access, lifecycle.Context, bool) {
	for _, w := range cell.Accesses {
		v := c.judge(w)
		if w.Op != access.Replace || v.strength == none {
			continue
		}
		if v.strength == certain || w.Atomic && v.contexts[0].Root.Kind == lifecycle.Exported && c.fromParameter(w) {
			return w, v.contexts[0], true
		}
	}
	return nil, lifecycle.Context{}, false
}

// fromParameter reports whether w stores a parameter of its function.
func (c *checker) fromParameter(w *access.Access) bool {
	id, ok := ast.Unparen(w.Value).(*ast.Ident)
	if !ok {
		return false
	}
	obj := c.pass.TypesInfo.ObjectOf(id)
	for _, field := range w.In.Type().Params.List {
		for _, name := range field.Names {
			if c.pass.TypesInfo.Defs[name] == obj {
				return true
			}
		}
	}
	return false
}

// load is one atomic load of a cell in a function, and a field read from it.
type load struct {
	cell  *access.Cell
	call  ast.Expr // the load
	field *types.Var
	use   ast.Expr   // the selector that reads the field
	stmts []ast.Stmt // the statements around use, outermost first
}

// mixed reports functions that load a configuration twice and combine fields of
// both.
func (c *checker) mixed() {
	for _, f := range c.life.Funcs() {
		if !c.serves(f) {
			continue
		}
		loads := c.loadsIn(f)
		for i, a := range loads {
			for _, b := range loads[i+1:] {
				if a.cell == b.cell && a.call != b.call && a.field != b.field && c.combined(f, a, b) {
					c.tellMixed(a, b)
				}
			}
		}
	}
}

func (c *checker) tellMixed(a, b *load) {
	w, ctx, ok := c.replacement(a.cell)
	if !ok || c.stale[a.cell] {
		return
	}
	c.stale[a.cell] = true
	related := []analysis.RelatedInformation{
		report.Related(a.use, "first version read here"),
		report.Related(w.Node, "replaced here"),
	}
	c.rep.Report(report.Finding{
		Node:    b.use,
		Kind:    "mixed",
		Message: "second load combines two versions when a reload comes between",
		Related: append(related, cause(ctx)...),
	})
}

// serves reports whether f runs while the service does.
func (c *checker) serves(f *lifecycle.Func) bool {
	for _, ctx := range c.state.Contexts(f) {
		if !isStart(ctx) && ctx.Root.Kind != lifecycle.Reload {
			return true
		}
	}
	return false
}

// loadsIn returns the fields that f reads from atomically loaded objects: right
// from the load, or from a variable that holds nothing else.
func (c *checker) loadsIn(f *lifecycle.Func) []*load {
	held := c.heldLoads(f)
	var list []*load
	var stack []ast.Stmt
	var nodes []ast.Node
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if n == nil {
			if _, ok := nodes[len(nodes)-1].(ast.Stmt); ok {
				stack = stack[:len(stack)-1]
			}
			nodes = nodes[:len(nodes)-1]
			return true
		}
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		nodes = append(nodes, n)
		if s, ok := n.(ast.Stmt); ok {
			stack = append(stack, s)
		}
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if l := c.fieldOfLoad(sel, held); l != nil {
				l.stmts = append([]ast.Stmt(nil), stack...)
				list = append(list, l)
			}
		}
		return true
	})
	return list
}

func (c *checker) fieldOfLoad(sel *ast.SelectorExpr, held map[types.Object]ast.Expr) *load {
	selection := c.pass.TypesInfo.Selections[sel]
	if selection == nil || selection.Kind() != types.FieldVal {
		return nil
	}
	call := sel.X
	if id, ok := ast.Unparen(sel.X).(*ast.Ident); ok {
		if call = held[c.pass.TypesInfo.ObjectOf(id)]; call == nil {
			return nil
		}
	}
	if cell := c.state.AtomicLoad(call); cell != nil {
		return &load{cell: cell, call: call, field: selection.Obj().(*types.Var), use: sel}
	}
	return nil
}

// heldLoads returns the variables of f that are assigned once, from an atomic
// load.
func (c *checker) heldLoads(f *lifecycle.Func) map[types.Object]ast.Expr {
	held := make(map[types.Object]ast.Expr)
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, l := range assign.Lhs {
			obj := lifecycle.ObjectOf(c.pass.TypesInfo, l)
			if obj == nil {
				continue
			}
			if _, again := held[obj]; again {
				held[obj] = nil
				continue
			}
			if i == 0 && len(assign.Rhs) == 1 && c.state.AtomicLoad(assign.Rhs[0]) != nil {
				held[obj] = assign.Rhs[0]
			} else {
				held[obj] = nil
			}
		}
		return true
	})
	return held
}

// combined reports whether what f reads at a and at b comes together: in one
// statement, in a statement that uses a variable made from one of them, or one
// in a branch that the other decides.
func (c *checker) combined(f *lifecycle.Func, a, b *load) bool {
	if decides(a, b) {
		return true
	}
	for s := range c.sinks(f, a) {
		if c.sinks(f, b)[s] {
			return true
		}
	}
	return false
}

// decides reports whether a stands in the condition of a branch around b.
func decides(a, b *load) bool {
	for _, s := range b.stmts {
		var cond ast.Expr
		var body ast.Node
		switch s := s.(type) {
		case *ast.IfStmt:
			cond, body = s.Cond, s.Body
		case *ast.SwitchStmt:
			cond, body = s.Tag, s.Body
		}
		if cond != nil && within(a.use, cond) && within(b.use, body) {
			return true
		}
	}
	return false
}

func within(n, around ast.Node) bool { return around.Pos() <= n.Pos() && n.End() <= around.End() }

// sinks returns the simple statement of l, and those that use a variable which
// it assigns.
func (c *checker) sinks(f *lifecycle.Func, l *load) map[ast.Stmt]bool {
	set := make(map[ast.Stmt]bool)
	own := l.stmts[len(l.stmts)-1]
	switch own.(type) {
	case *ast.BlockStmt, *ast.ForStmt, *ast.RangeStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.CaseClause:
		return set // a condition decides; it does not combine
	}
	set[own] = true
	assign, ok := own.(*ast.AssignStmt)
	if !ok {
		return set
	}
	vars := make(map[types.Object]bool)
	for _, lhs := range assign.Lhs {
		if id, ok := lhs.(*ast.Ident); ok && id.Name != "_" {
			vars[c.pass.TypesInfo.ObjectOf(id)] = true
		}
	}
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt, *ast.ExprStmt, *ast.ReturnStmt, *ast.SendStmt:
			if n.Pos() > own.Pos() && c.usesAny(n, vars) {
				set[n.(ast.Stmt)] = true
			}
		}
		return true
	})
	return set
}

func (c *checker) usesAny(n ast.Node, vars map[types.Object]bool) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && vars[c.pass.TypesInfo.Uses[id]] {
			found = true
		}
		return !found
	})
	return found
}
