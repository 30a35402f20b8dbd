package access

import (
	"go/ast"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// Holder returns the variable or field that holds the object which e denotes,
// and base, what the field is selected from, nil for a variable. v is nil when e
// is more than names and stars: an element or a result is another object each
// time.
func (s *State) Holder(e ast.Expr) (v *types.Var, base ast.Expr) {
	for x := e; ; {
		switch n := ast.Unparen(x).(type) {
		case *ast.Ident:
			steps, _, ok := s.path(trimStar(e))
			if !ok {
				return nil, nil
			}
			last := steps[len(steps)-1]
			return last.v, last.base
		case *ast.SelectorExpr:
			x = n.X
		case *ast.StarExpr:
			x = n.X
		default:
			return nil, nil
		}
	}
}

func trimStar(e ast.Expr) ast.Expr {
	if star, ok := ast.Unparen(e).(*ast.StarExpr); ok {
		return star.X
	}
	return e
}

// Embedded returns the embedded field through which a selection reaches a
// promoted method, nil when the method is not promoted.
func Embedded(sel *types.Selection) *types.Var {
	if len(sel.Index()) < 2 {
		return nil
	}
	v, _ := embedded(sel).(*types.Var)
	return v
}

// Use returns a call of a method of another package as an access to the object
// that cell holds: base is as [State.Holder] tells it. It is not among the
// accesses of any cell.
func (s *State) Use(cell *Cell, op Op, c *lifecycle.Call, node, base ast.Expr) *Access {
	held := s.locks.atCall[c.Expr]
	var root types.Object = cell.Var
	if base != nil {
		root = s.rootOf(base)
	}
	return &Access{
		Cell: cell, Op: op, Node: node, Base: base, In: c.In,
		Locks: held.must.with(s.locks.entry[c.In]),
		Usual: held.may.with(s.locks.usual[c.In]),
		Setup: s.setup(c.In, node, root, cell.Owner),
		Once:  s.once[c.In],
	}
}
