package access

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// walker records the accesses of one function.
type walker struct {
	s    *State
	f    *lifecycle.Func
	held holding
}

func (s *State) collect(f *lifecycle.Func) {
	w := &walker{s: s, f: f}
	visit := func(n ast.Node, held holding) {
		w.held = held
		w.walk(n)
	}
	if s.locks.changes(f) {
		s.locks.flow(f, nil, visit, nil)
	} else {
		visit(f.Body(), holding{})
	}
}

// walk records the accesses in n.
func (w *walker) walk(n ast.Node) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.AssignStmt:
			w.assign(n)
			return false
		case *ast.IncDecStmt:
			w.write(n.X, Update, nil)
			return false
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				w.address(n.X)
				return false
			}
		case *ast.CallExpr:
			w.call(n)
			return false
		case *ast.SelectorExpr:
			w.read(n)
			return false
		case *ast.Ident:
			w.read(n)
		}
		return true
	})
}

// record adds an access to the cell at p.
func (w *walker) record(p place, e ast.Expr, op Op, value ast.Expr) *Access {
	a := w.access(p, e, op, value)
	a.Cell = w.s.cell(p.v, p.owner)
	a.Cell.Accesses = append(a.Cell.Accesses, a)
	return a
}

func (w *walker) access(p place, e ast.Expr, op Op, value ast.Expr) *Access {
	return &Access{
		Op: op, Part: p.part, Node: e, Base: p.base, In: w.f, Value: value, Locks: w.held.must, Usual: w.held.may,
		Setup: w.s.setup(w.f, e, p.root, p.owner),
		Once:  w.s.once[w.f],
	}
}

// read records a read of e and of what it is reached through.
func (w *walker) read(e ast.Expr) {
	p, ok := w.s.locate(e)
	if ok {
		if watched(p.v.Type()) {
			w.record(p, e, Read, nil)
		}
		w.walk(p.base)
		return
	}
	if sel, isSel := e.(*ast.SelectorExpr); isSel && w.s.pass.TypesInfo.Selections[sel] != nil {
		w.walk(sel.X)
	}
}

func (w *walker) assign(n *ast.AssignStmt) {
	for _, r := range n.Rhs {
		w.walk(r)
	}
	for i, l := range n.Lhs {
		if id, ok := l.(*ast.Ident); ok && (id.Name == "_" || w.s.pass.TypesInfo.Defs[id] != nil) {
			continue
		}
		var value ast.Expr
		if len(n.Lhs) == len(n.Rhs) {
			value = n.Rhs[i]
		} else {
			value = n.Rhs[0]
		}
		op := Replace
		if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
			op = Update
		}
		w.write(l, op, value)
	}
}

// write records a write to e.
func (w *walker) write(e ast.Expr, op Op, value ast.Expr) {
	switch e := ast.Unparen(e).(type) {
	case *ast.IndexExpr:
		w.walk(e.Index)
		w.element(e.X)
	case *ast.StarExpr:
		w.walk(e.X)
		w.whole(e.X, value)
	case *ast.Ident, *ast.SelectorExpr:
		p, ok := w.s.locate(e)
		if !ok {
			if sel, isSel := e.(*ast.SelectorExpr); isSel {
				w.walk(sel.X)
			}
			return
		}
		if op == Replace && w.derived(p, value) {
			op = Update
		}
		if watched(p.v.Type()) {
			w.record(p, e, op, value)
		}
		w.walk(p.base)
	}
}

// element records that an element of the container e changes; for a container
// within a container, the outer one counts as changed. A map changes as a whole;
// an element of a slice is memory of its own, and no replacement.
func (w *walker) element(e ast.Expr) {
	op := Update
	if t := w.s.pass.TypesInfo.TypeOf(e); t != nil {
		if _, ok := t.Underlying().(*types.Map); ok {
			op = InPlace
		}
	}
	for {
		ix, ok := ast.Unparen(e).(*ast.IndexExpr)
		if !ok {
			break
		}
		w.walk(ix.Index)
		e = ix.X
	}
	p, ok := w.s.locate(e)
	if !ok {
		w.walk(e)
		return
	}
	w.record(p, e, op, nil)
	w.walk(p.base)
}

// whole records that the struct which the pointer e points to gets a new value.
func (w *walker) whole(e, value ast.Expr) {
	t := w.s.pass.TypesInfo.TypeOf(e)
	ptr, ok := t.Underlying().(*types.Pointer)
	if !ok {
		return
	}
	named, ok := types.Unalias(ptr.Elem()).(*types.Named)
	if !ok {
		return
	}
	if _, ok := named.Underlying().(*types.Struct); !ok {
		return
	}
	p := place{base: e, root: w.s.rootOf(e)}
	w.s.wholes = append(w.s.wholes, &whole{named, w.access(p, e, Replace, value)})
}

// derived reports whether value is made from what is at p: append, a slice of
// it, arithmetic, or the same field of an object that is no new one: lists are
// linked that way, and a new object is what a configuration is read into.
func (w *walker) derived(p place, value ast.Expr) bool {
	same := func(e ast.Expr) bool {
		q, ok := w.s.locate(e)
		return ok && q.v == p.v && q.part == p.part
	}
	switch v := ast.Unparen(value).(type) {
	case *ast.CallExpr:
		return w.s.builtin(v, "append") && len(v.Args) > 0 && (same(v.Args[0]) || w.derived(p, v.Args[0]))
	case *ast.SliceExpr:
		// x[:0:0] has neither elements nor room of x.
		return same(v.X) && !(v.Slice3 && w.isZero(v.Max))
	case *ast.BinaryExpr:
		return same(v.X) || same(v.Y) || w.derived(p, v.X) || w.derived(p, v.Y)
	case *ast.Ident, *ast.SelectorExpr:
		root, ok := w.s.rootOf(v).(*types.Var)
		return same(v) && !(ok && root != p.root && w.s.fresh.locals[root])
	}
	return false
}

// isZero reports whether e is the constant 0.
func (w *walker) isZero(e ast.Expr) bool {
	value := w.s.pass.TypesInfo.Types[e].Value
	return value != nil && value.Kind() == constant.Int && constant.Sign(value) == 0
}

func (s *State) builtin(call *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || id.Name != name {
		return false
	}
	_, ok = s.pass.TypesInfo.Uses[id].(*types.Builtin)
	return ok
}

// address walks what &e is reached through; taking an address is no access.
func (w *walker) address(e ast.Expr) {
	if p, ok := w.s.locate(e); ok {
		w.walk(p.base)
		return
	}
	w.walk(e)
}

func (w *walker) call(call *ast.CallExpr) {
	if len(w.held.may) > 0 {
		w.s.locks.atCall[call] = w.held
	}
	switch {
	case w.s.builtin(call, "delete"), w.s.builtin(call, "clear"), w.s.builtin(call, "copy"):
		w.element(call.Args[0])
		for _, arg := range call.Args[1:] {
			w.walk(arg)
		}
		return
	case w.atomic(call):
		return
	}
	w.callee(call)
	fills := w.s.fills(call)
	for _, arg := range call.Args {
		if fills {
			w.filled(arg)
		}
		w.walk(arg)
	}
}

// callee walks the function of a call. A method with a pointer receiver only
// takes the address of what it is called on.
func (w *walker) callee(call *ast.CallExpr) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		w.walk(call.Fun)
		return
	}
	selection := w.s.pass.TypesInfo.Selections[sel]
	if selection == nil || selection.Kind() != types.MethodVal {
		w.walk(sel)
		return
	}
	recv := selection.Obj().(*types.Func).Signature().Recv()
	_, pointerMethod := recv.Type().Underlying().(*types.Pointer)
	_, pointer := selection.Recv().Underlying().(*types.Pointer)
	if pointerMethod && !pointer {
		w.address(sel.X)
	} else {
		w.walk(sel.X)
	}
}

// fills reports whether a call stores what it reads into a variable that is
// handed over as an empty interface: the way of every decoder.
func (s *State) fills(call *ast.CallExpr) bool {
	c := s.life.CallAt(call)
	if c == nil || c.Static == nil || c.Static.Pkg() == s.pass.Pkg {
		return false
	}
	if !Fills(c.Static.Name()) {
		return false
	}
	params := c.Static.Signature().Params()
	if params.Len() == 0 {
		return false
	}
	iface, ok := params.At(params.Len() - 1).Type().Underlying().(*types.Interface)
	return ok && iface.Empty()
}

// Fills reports whether a function of this name stores into what it is given,
// by the names that every decoder of the standard library and beyond uses.
func Fills(name string) bool {
	return strings.Contains(name, "Unmarshal") || strings.Contains(name, "Decode")
}

// filled records the write of a decoder to arg: &v, or a pointer to a struct.
func (w *walker) filled(arg ast.Expr) {
	if u, ok := ast.Unparen(arg).(*ast.UnaryExpr); ok && u.Op == token.AND {
		if p, ok := w.s.locate(u.X); ok && watched(p.v.Type()) {
			w.record(p, u.X, Replace, nil).Decode = true
		}
		return
	}
	if t := w.s.pass.TypesInfo.TypeOf(arg); t != nil {
		if _, ok := t.Underlying().(*types.Pointer); ok {
			w.whole(arg, nil)
		}
	}
}
