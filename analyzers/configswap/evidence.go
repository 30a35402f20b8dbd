package configswap

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// strength is how sure it is that a write belongs to a reload.
type strength int

const (
	none     strength = iota
	exported          // a caller outside the package may reload through it
	certain           // a signal, file event, ticker, request or watcher leads here
)

// verdict is what is known of one write.
type verdict struct {
	strength strength
	contexts []lifecycle.Context // those that make it a reload
}

// judge returns how sure it is that w replaces configuration on a reload.
func (c *checker) judge(w *access.Access) *verdict {
	if v := c.memo[w]; v != nil {
		return v
	}
	v := new(verdict)
	c.memo[w] = v
	if c.isForeign(w) && !c.shared.holds(w) {
		return v // a field of another package's type may belong to any object
	}
	if w.Op < access.InPlace || w.Setup || w.Once || w.Op == access.Replace && c.isToggle(w) || c.isLazy(w) {
		return v
	}
	for _, ctx := range c.state.ContextsAt(w.In, w.Node.Pos()) {
		s := c.contextStrength(ctx, w)
		if s > v.strength {
			v.strength, v.contexts = s, nil
		}
		if s == v.strength && s != none {
			v.contexts = append(v.contexts, ctx)
		}
	}
	return v
}

// isForeign reports whether w writes a field that another package declares.
func (c *checker) isForeign(w *access.Access) bool {
	return w.Cell.Owner == access.Field && w.Cell.Var.Pkg() != c.pass.Pkg
}

// contextStrength returns how sure a context makes it that w is a reload.
func (c *checker) contextStrength(ctx lifecycle.Context, w *access.Access) strength {
	if c.rebuilt.fills(c, w, ctx.Root) {
		return none
	}
	if ctx.Root.Kind == lifecycle.Reload {
		return certain
	}
	if t := ctx.Trigger; t != nil {
		switch t.Kind {
		case lifecycle.Signal:
			if reloads(t.Signals) {
				return certain
			}
			return none
		case lifecycle.FileEvent:
			return certain
		case lifecycle.Tick:
			if t.Loop && !isScalar(w.Cell.Var.Type()) && c.shared.holds(w) {
				return certain
			}
		}
	}
	switch ctx.Root.Kind {
	case lifecycle.Handler:
		if !isNumber(w.Cell.Var.Type()) && c.shared.holds(w) {
			return certain
		}
	case lifecycle.Exported, lifecycle.Goroutine:
		return exported
	}
	return none
}

// reloads reports whether one of the signals is for more than to end the
// process. Signals that are not known may be any.
func reloads(signals []string) bool {
	for _, name := range signals {
		switch name {
		case "SIGINT", "SIGTERM", "SIGQUIT", "SIGKILL", "SIGABRT":
		default:
			return true
		}
	}
	return len(signals) == 0
}

// isToggle reports whether w assigns a constant: a flag or a reset, not a
// configuration.
func (c *checker) isToggle(w *access.Access) bool {
	if w.Value == nil {
		return false
	}
	tv := c.pass.TypesInfo.Types[w.Value]
	if tv.Value != nil || tv.IsNil() {
		return true
	}
	if lit, ok := ast.Unparen(w.Value).(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		return true
	}
	if t := tv.Type; t != nil {
		if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsBoolean != 0 {
			return true
		}
	}
	call, ok := ast.Unparen(w.Value).(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	_, isBuiltin := c.pass.TypesInfo.Uses[id].(*types.Builtin)
	return isBuiltin && (id.Name == "new" || id.Name == "make")
}

// isLazy reports whether w fills a cell that was found empty: under a condition
// that compares it with its zero value, or after a return of a full one.
func (c *checker) isLazy(w *access.Access) bool {
	lazy := false
	ast.Inspect(w.In.Body(), func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if !ok || lazy {
			return !lazy
		}
		inside := s.Body.Pos() <= w.Node.Pos() && w.Node.Pos() < s.Body.End()
		before := s.End() <= w.Node.Pos() && leaves(s.Body)
		switch {
		case inside:
			lazy = c.compares(s.Cond, w.Cell, token.EQL)
		case before:
			lazy = c.compares(s.Cond, w.Cell, token.NEQ)
		}
		return !lazy
	})
	return lazy
}

// compares reports whether cond compares the cell with a zero value by op.
func (c *checker) compares(cond ast.Expr, cell *access.Cell, op token.Token) bool {
	found := false
	ast.Inspect(cond, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if ok && b.Op == op && c.mentions(b.X, cell) && c.isZero(b.Y) {
			found = true
		}
		return !found
	})
	return found
}

func (c *checker) isZero(e ast.Expr) bool {
	tv := c.pass.TypesInfo.Types[e]
	if tv.IsNil() {
		return true
	}
	if tv.Value == nil {
		return false
	}
	switch tv.Value.Kind() {
	case constant.String:
		return constant.StringVal(tv.Value) == ""
	case constant.Int, constant.Float:
		return constant.Sign(tv.Value) == 0
	}
	return false
}

// mentions reports whether e reads the cell.
func (c *checker) mentions(e ast.Node, cell *access.Cell) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && lifecycle.ObjectOf(c.pass.TypesInfo, x) == cell.Var {
			found = true
		}
		return !found
	})
	return found
}

// leaves reports whether a block ends in a return, or in another way out.
func leaves(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	switch b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// concurrent reports whether a context of a write and one of another access can
// run at the same time.
func concurrent(cell *access.Cell, w, r lifecycle.Context) bool {
	if w.Root == r.Root {
		return w.Root.Many && w.Root.Kind != lifecycle.Exported && sharedByRuns(cell, w.Root)
	}
	if isStart(w) && isStart(r) {
		return false
	}
	return !startedBy(r.Root, w.Root) && !startedBy(w.Root, r.Root)
}

// isStart reports whether ctx runs on the goroutine of the program's start.
func isStart(ctx lifecycle.Context) bool {
	return ctx.Root.Kind == lifecycle.Main || ctx.Root.Kind == lifecycle.Init
}

// startedBy reports whether root a is a goroutine that only code under root b
// starts: what b wrote before is seen by a, and b usually waits for it.
func startedBy(a, b *lifecycle.Root) bool {
	if a.In == nil || isStart(lifecycle.Context{Root: b}) {
		return false
	}
	return a.In == b.Entry || a.In.Outermost() == b.Entry && b.Kind == lifecycle.Goroutine
}

// sharedByRuns reports whether the runs of a root that may run several times at
// once share the cell: not if the cell is a variable of the root itself.
func sharedByRuns(cell *access.Cell, root *lifecycle.Root) bool {
	if cell.Owner != access.Captured {
		return true
	}
	body := root.Entry.Body()
	return cell.Var.Pos() < root.Entry.Type().Pos() || cell.Var.Pos() >= body.End()
}
