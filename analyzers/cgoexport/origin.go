package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A source says where a value comes from.
type source uint8

const (
	unknown source = iota
	lookup         // looked up under a key that C passed
	handle         // runtime/cgo.Handle.Value of a handle that C passed
)

// trace follows a value back to where it comes from. checked is set when the
// code looks at an ok or compares with nil on the way.
func (w *walker) trace(fr *frame, expr ast.Expr) (src source, checked bool, at ast.Node) {
	for range maxDepth {
		switch e := ast.Unparen(expr).(type) {
		case *ast.Ident:
			obj := w.objectOf(e)
			if obj == nil || w.checked(fr, obj) {
				return unknown, true, e
			}
			def := w.definition(fr, obj)
			if def == nil {
				return unknown, false, e
			}
			expr = def
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.TypeAssertExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			if w.commaOK[e] || !isMap(w.info.TypeOf(e.X)) || !w.fromC(fr, e.Index) || !w.drops(w.container(e.X)) {
				return unknown, w.commaOK[e], e
			}
			return lookup, false, e
		case *ast.CallExpr:
			if tv := w.info.Types[e.Fun]; tv.IsType() && len(e.Args) == 1 {
				expr = e.Args[0]
				continue
			}
			return w.originOfCall(fr, e), w.commaOK[e], e
		default:
			return unknown, false, expr
		}
	}
	return unknown, false, expr
}

// originOfCall classifies a call that returns a value for what C passed.
func (w *walker) originOfCall(fr *frame, call *ast.CallExpr) source {
	fn, ok := typeutil.Callee(w.info, call).(*types.Func)
	if !ok || w.commaOK[call] || !w.fromC(fr, call) {
		return unknown
	}
	switch fn.FullName() {
	case "(runtime/cgo.Handle).Value":
		return handle
	case "(*sync.Map).Load", "(*sync.Map).LoadAndDelete":
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && w.drops(w.variable(sel.X)) {
			return lookup
		}
		return unknown
	}
	if fn.Pkg() == nil || isStd(fn.Pkg().Path()) || !types.IsInterface(fn.Signature().Results().At(0).Type()) && fn.Pkg() != w.pass.Pkg {
		return unknown
	}
	decl := w.decls[fn.Origin()]
	switch {
	case decl != nil:
		return w.lookupIn(decl, maxDepth)
	case w.unregisters(fn):
		// A registry of another package.
		return lookup
	}
	return unknown
}

// lookupIn reports whether the body of a function looks a value up in a
// container that loses entries.
func (p *program) lookupIn(decl *ast.FuncDecl, depth int) source {
	found := unknown
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			if isMap(p.info.TypeOf(n.X)) && p.mayMiss(decl, n) && p.drops(p.container(n.X)) {
				found = max(found, lookup)
			}
		case *ast.CallExpr:
			fn, ok := typeutil.Callee(p.info, n).(*types.Func)
			if !ok || depth == 0 {
				return true
			}
			switch fn.FullName() {
			case "(runtime/cgo.Handle).Value":
				found = handle
			case "(*sync.Map).Load", "(*sync.Map).LoadAndDelete":
				if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && p.mayMiss(decl, n) && p.drops(p.variable(sel.X)) {
					found = max(found, lookup)
				}
			}
			if d := p.decls[fn.Origin()]; d != nil && d != decl {
				found = max(found, p.lookupIn(d, depth-1))
			}
		}
		return true
	})
	return found
}

// mayMiss reports whether a function returns what a look-up in it gives for a
// key that is not there: it does not ask for ok, or returns nil then.
func (p *program) mayMiss(decl *ast.FuncDecl, n ast.Expr) bool {
	if !p.commaOK[n] {
		return true
	}
	returnsNil := false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok {
			for _, r := range ret.Results {
				returnsNil = returnsNil || isNil(p.info, r)
			}
		}
		return true
	})
	return returnsNil
}

// container returns the shared variable behind a map expression. A function of
// the package that hands out the map stands for the variable that it reads.
func (p *program) container(expr ast.Expr) *types.Var {
	call, ok := ast.Unparen(expr).(*ast.CallExpr)
	if !ok {
		return p.variable(expr)
	}
	fn := typeutil.StaticCallee(p.info, call)
	if fn == nil || p.decls[fn.Origin()] == nil {
		return nil
	}
	var found *types.Var
	ast.Inspect(p.decls[fn.Origin()].Body, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && found == nil {
			found = p.variable(e)
		}
		return found == nil
	})
	return found
}

// drops reports whether a container loses entries that C may still ask for.
func (p *program) drops(v *types.Var) bool {
	for _, a := range p.uses[v] {
		if a.drop && a.in != nil && !isInit(a.in) && !p.grows(a) && !p.beforeC(a) && !p.takenBack(a.in, a.node.Pos()) {
			return true
		}
	}
	return false
}

// grows reports whether the copy that replaces a map only gets an entry more:
// one is written outside a loop, and the loops leave none out.
func (p *program) grows(a access) bool {
	if _, replaces := a.node.(*ast.CallExpr); !replaces && a.rhs == nil {
		return false
	}
	adds, skips := false, false
	ast.Inspect(a.in.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			ast.Inspect(n, func(n ast.Node) bool {
				_, ok := n.(*ast.IfStmt)
				skips = skips || ok
				return true
			})
			return false
		case *ast.AssignStmt:
			ix, ok := ast.Unparen(n.Lhs[0]).(*ast.IndexExpr)
			adds = adds || ok && isMap(p.info.TypeOf(ix.X))
		}
		return true
	})
	return adds && !skips
}

func isInit(fd *ast.FuncDecl) bool { return fd.Recv == nil && fd.Name.Name == "init" }

func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// checked reports whether the code around compares obj with nil, or got it
// together with an ok that it did not discard.
func (w *walker) checked(fr *frame, obj types.Object) bool {
	for f := fr; f != nil; f = f.outer {
		found := false
		ast.Inspect(f.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					found = found || w.names(n.X, obj) && isNil(w.info, n.Y) || w.names(n.Y, obj) && isNil(w.info, n.X)
				}
			case *ast.AssignStmt:
				if len(n.Lhs) >= 2 && len(n.Rhs) == 1 && !isBlank(n.Lhs[len(n.Lhs)-1]) {
					found = found || w.names(n.Lhs[0], obj)
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

func (w *walker) names(e ast.Expr, obj types.Object) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return w.objectOf(e) == obj
	case *ast.SelectorExpr:
		return w.info.Uses[e.Sel] == obj
	}
	return false
}

// definition returns the expression that a local variable was assigned last.
func (w *walker) definition(fr *frame, obj types.Object) ast.Expr {
	var def ast.Expr
	for f := fr; f != nil && def == nil; f = f.outer {
		ast.Inspect(f.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, lhs := range n.Lhs {
					if id, ok := lhs.(*ast.Ident); ok && w.objectOf(id) == obj {
						def = n.Rhs[min(i, len(n.Rhs)-1)]
					}
				}
			case *ast.ValueSpec:
				for i, id := range n.Names {
					if w.info.Defs[id] == obj && len(n.Values) > 0 {
						def = n.Values[min(i, len(n.Values)-1)]
					}
				}
			}
			return true
		})
	}
	return def
}
