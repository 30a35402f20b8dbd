package access

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// freshness knows which variables hold an object that nobody else can see yet.
type freshness struct {
	s       *State
	locals  map[*types.Var]bool              // every value assigned is fresh
	owner   map[types.Object]*lifecycle.Func // function that declares a local variable
	results map[*lifecycle.Func]bool         // every pointer it returns is fresh
	busy    map[*lifecycle.Func]bool
}

// newFreshness sets s.fresh.
func newFreshness(s *State) {
	fr := &freshness{
		s:       s,
		locals:  make(map[*types.Var]bool),
		owner:   make(map[types.Object]*lifecycle.Func),
		results: make(map[*lifecycle.Func]bool),
		busy:    make(map[*lifecycle.Func]bool),
	}
	s.fresh = fr
	assigned := make(map[*types.Var][]ast.Expr)
	for _, f := range s.life.Funcs() {
		fr.declare(f, assigned)
	}
	// Optimistic: all are fresh until an assignment is not.
	for v := range assigned {
		fr.locals[v] = true
	}
	fr.bindParams(assigned)
	for changed := true; changed; {
		changed = false
		fr.results = make(map[*lifecycle.Func]bool)
		for v, values := range assigned {
			if !fr.locals[v] {
				continue
			}
			for _, e := range values {
				if e == nil || !fr.expr(e) {
					fr.locals[v], changed = false, true
					break
				}
			}
		}
	}
}

// declare records the local variables of f and what is assigned to them; nil
// stands for a value that is not fresh.
func (fr *freshness) declare(f *lifecycle.Func, assigned map[*types.Var][]ast.Expr) {
	info := fr.s.pass.TypesInfo
	for _, list := range []*ast.FieldList{f.Type().Params, receiver(f)} {
		if list == nil {
			continue
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				if v, ok := info.Defs[name].(*types.Var); ok {
					fr.owner[v] = f
				}
			}
		}
	}
	add := func(lhs []ast.Expr, rhs []ast.Expr) {
		for i, l := range lhs {
			id, ok := ast.Unparen(l).(*ast.Ident)
			if !ok {
				continue
			}
			v, ok := info.ObjectOf(id).(*types.Var)
			if !ok || v.IsField() || isGlobal(v) {
				continue
			}
			switch {
			case len(rhs) == len(lhs):
				assigned[v] = append(assigned[v], rhs[i])
			case len(rhs) == 1 && i == 0 && isCall(rhs[0]):
				assigned[v] = append(assigned[v], rhs[0])
			case len(rhs) == 0: // var v T
				assigned[v] = append(assigned[v], id)
			default:
				assigned[v] = append(assigned[v], nil)
			}
		}
	}
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.AssignStmt:
			add(n.Lhs, n.Rhs)
			if n.Tok == token.DEFINE {
				for _, l := range n.Lhs {
					if obj := info.Defs[l.(*ast.Ident)]; obj != nil {
						fr.owner[obj] = f
					}
				}
			}
		case *ast.ValueSpec:
			lhs := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				lhs[i] = name
				fr.owner[info.Defs[name]] = f
			}
			add(lhs, n.Values)
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok {
					if obj := info.Defs[id]; obj != nil {
						fr.owner[obj] = f
					}
				}
			}
		}
		return true
	})
}

func receiver(f *lifecycle.Func) *ast.FieldList {
	if f.Decl == nil {
		return nil
	}
	return f.Decl.Recv
}

// bindParams adds what callers pass for the parameters of functions that only
// the package calls.
func (fr *freshness) bindParams(assigned map[*types.Var][]ast.Expr) {
	info := fr.s.pass.TypesInfo
	bind := func(f *lifecycle.Func, c *lifecycle.Call, fields *ast.FieldList, args []ast.Expr) {
		if fields == nil {
			return
		}
		i := 0
		for _, field := range fields.List {
			for _, name := range field.Names {
				v, ok := info.Defs[name].(*types.Var)
				if ok && i < len(args) {
					value := args[i]
					if !fr.early(f, c, value) {
						value = nil
					}
					assigned[v] = append(assigned[v], value)
					fr.locals[v] = true
				}
				i++
			}
		}
	}
	for _, f := range fr.s.life.Funcs() {
		if fr.s.inTest(f) {
			continue
		}
		for _, c := range f.Calls {
			for _, g := range c.Funcs {
				if fr.s.starts[g] {
					continue
				}
				bind(f, c, g.Type().Params, c.Expr.Args)
				if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok && g.Decl != nil {
					bind(f, c, g.Decl.Recv, []ast.Expr{sel.X})
				}
			}
		}
	}
}

// early reports whether a call passes arg while the object behind it is still
// its function's own: not in answer to an event, nor in a loop that goes on while
// others use it, nor in a literal that some goroutine or handler enters.
func (fr *freshness) early(f *lifecycle.Func, c *lifecycle.Call, arg ast.Expr) bool {
	v, ok := fr.s.rootOf(arg).(*types.Var)
	if !ok {
		return true // decided by what arg is
	}
	return !fr.s.outlived(f, c.Pos(), v)
}

// expr reports whether e yields an object that nobody else can see.
func (fr *freshness) expr(e ast.Expr) bool {
	info := fr.s.pass.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit, *ast.BasicLit, *ast.FuncLit:
		return true
	case *ast.UnaryExpr:
		if e.Op != token.AND {
			return false
		}
		if _, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
			return true
		}
		return fr.expr(e.X)
	case *ast.Ident:
		switch obj := info.ObjectOf(e).(type) {
		case *types.Var:
			return !obj.IsField() && !isGlobal(obj) && fr.locals[obj]
		case *types.Nil:
			return true
		}
		return false
	case *ast.SelectorExpr:
		return info.Selections[e] != nil && fr.expr(e.X)
	case *ast.StarExpr:
		return fr.expr(e.X)
	case *ast.TypeAssertExpr:
		return fr.expr(e.X)
	case *ast.CallExpr:
		return fr.call(e)
	}
	return false
}

// call reports whether the first result of a call is a new object. A function
// of another package is taken to make one when it is no method: what methods
// return usually belongs to their receiver.
func (fr *freshness) call(e *ast.CallExpr) bool {
	info := fr.s.pass.TypesInfo
	if tv := info.Types[e.Fun]; tv.IsType() {
		return len(e.Args) == 1 && fr.expr(e.Args[0])
	}
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if _, ok := info.Uses[id].(*types.Builtin); ok {
			return id.Name == "new" || id.Name == "make"
		}
	}
	c := fr.s.life.CallAt(e)
	if c == nil {
		return false
	}
	for _, g := range c.Funcs {
		if !fr.result(g) {
			return false
		}
	}
	return len(c.Funcs) > 0 || c.Static != nil && c.Static.Signature().Recv() == nil
}

// result reports whether every return of f yields a new object first.
func (fr *freshness) result(f *lifecycle.Func) bool {
	if r, ok := fr.results[f]; ok {
		return r
	}
	if fr.busy[f] {
		return true
	}
	fr.busy[f] = true
	defer delete(fr.busy, f)
	fresh := true
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) > 0 && !fr.expr(n.Results[0]) {
				fresh = false
			}
		}
		return fresh
	})
	fr.results[f] = fresh
	return fresh
}

func isCall(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok
}
