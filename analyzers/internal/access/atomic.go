package access

import (
	"go/ast"
	"go/token"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// atomic records an access through sync/atomic or a type like those of it, and
// reports whether call is one.
func (w *walker) atomic(call *ast.CallExpr) bool {
	e, op, args, ok := w.s.atomicOperand(call)
	if !ok {
		return false
	}
	var value ast.Expr
	for _, arg := range args {
		w.walk(arg)
		value = arg // of CompareAndSwap the new one
	}
	p, ok := w.s.locate(e)
	if !ok {
		w.address(e)
		return true
	}
	w.record(p, e, op, value).Atomic = true
	w.walk(p.base)
	return true
}

// atomicOperand returns what an atomic operation works on, and its other
// arguments.
func (s *State) atomicOperand(call *ast.CallExpr) (e ast.Expr, op Op, args []ast.Expr, ok bool) {
	c := s.life.CallAt(call)
	if c == nil || c.Static == nil || c.Static.Pkg() == nil || c.Static.Pkg().Path() == "sync" {
		return nil, 0, nil, false
	}
	for _, r := range lifecycle.Roles(c.Static) {
		switch r.Verb {
		case "publishes":
			op = Replace
		case "loads":
			op = Read
		default:
			continue
		}
		switch r.Object {
		case "recv":
			if sel, isSel := ast.Unparen(call.Fun).(*ast.SelectorExpr); isSel {
				return sel.X, op, call.Args, true
			}
		case "arg0":
			if u, isAddr := ast.Unparen(call.Args[0]).(*ast.UnaryExpr); isAddr && u.Op == token.AND {
				return u.X, op, call.Args[1:], true
			}
		}
	}
	return nil, 0, nil, false
}

// AtomicLoad returns the cell that e loads atomically: directly, through an
// assertion or conversion, or by a function of the package that only does that.
func (s *State) AtomicLoad(e ast.Expr) *Cell {
	switch e := ast.Unparen(e).(type) {
	case *ast.TypeAssertExpr:
		return s.AtomicLoad(e.X)
	case *ast.StarExpr:
		return s.AtomicLoad(e.X)
	case *ast.CallExpr:
		if tv := s.pass.TypesInfo.Types[e.Fun]; tv.IsType() && len(e.Args) == 1 {
			return s.AtomicLoad(e.Args[0])
		}
		operand, op, _, ok := s.atomicOperand(e)
		if ok && op == Read {
			p, ok := s.locate(operand)
			if !ok {
				return nil
			}
			return s.byVar[p.v]
		}
		if c := s.life.CallAt(e); c != nil && len(c.Funcs) == 1 {
			return s.getter(c.Funcs[0])
		}
	}
	return nil
}

// getter returns the cell whose atomic value f returns and does nothing else.
func (s *State) getter(f *lifecycle.Func) *Cell {
	list := f.Body().List
	if len(list) == 0 || len(list) > 2 {
		return nil
	}
	ret, ok := list[len(list)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return nil
	}
	if len(list) == 1 {
		if call, isCall := ast.Unparen(ret.Results[0]).(*ast.CallExpr); isCall {
			if c := s.life.CallAt(call); c != nil && len(c.Funcs) > 0 {
				return nil // one level is enough
			}
		}
		return s.AtomicLoad(ret.Results[0])
	}
	define, ok := list[0].(*ast.AssignStmt)
	if !ok || len(define.Rhs) != 1 {
		return nil
	}
	id, ok := ast.Unparen(ret.Results[0]).(*ast.Ident)
	if !ok || s.pass.TypesInfo.ObjectOf(id) != lifecycle.ObjectOf(s.pass.TypesInfo, define.Lhs[0]) {
		return nil
	}
	if call, isCall := ast.Unparen(define.Rhs[0]).(*ast.CallExpr); isCall {
		if c := s.life.CallAt(call); c != nil && len(c.Funcs) > 0 {
			return nil
		}
	}
	return s.AtomicLoad(define.Rhs[0])
}
