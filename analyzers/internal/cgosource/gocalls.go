package cgosource

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// addCalls lists the calls from a file to C.
func (p *Package) addCalls(f *ast.File) {
	for _, decl := range f.Decls {
		in, _ := decl.(*ast.FuncDecl)
		moved := make(map[types.Object]ast.Expr)
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok == token.DEFINE && len(n.Lhs) == 1 {
					p.rememberMoved(moved, n.Lhs[0], n.Rhs[0])
				}
			case *ast.ValueSpec:
				if len(n.Names) == 1 && len(n.Values) == 1 {
					p.rememberMoved(moved, n.Names[0], n.Values[0])
				}
			case *ast.CallExpr:
				if name, ok := FuncName(p.pass.TypesInfo, n); ok {
					p.Calls = append(p.Calls, &Call{Name: name, Expr: n, Args: p.original(moved, n.Args), In: in})
				}
			}
			return true
		})
	}
}

// rememberMoved notes the variables in which a wrapper of cmd/cgo keeps an
// argument: _cgo0 := arg, or var _cgo0 T = arg.
func (p *Package) rememberMoved(moved map[types.Object]ast.Expr, name, arg ast.Expr) {
	if id, ok := name.(*ast.Ident); ok && strings.HasPrefix(id.Name, "_cgo") {
		moved[p.pass.TypesInfo.Defs[id]] = arg
	}
}

func (p *Package) original(moved map[types.Object]ast.Expr, args []ast.Expr) []ast.Expr {
	list := make([]ast.Expr, len(args))
	for i, arg := range args {
		list[i] = arg
		if id, ok := ast.Unparen(arg).(*ast.Ident); ok {
			if expr := moved[p.pass.TypesInfo.Uses[id]]; expr != nil {
				list[i] = expr
			}
		}
	}
	return list
}

// FuncName returns the C function that a call enters: f for C.f(...), in both
// forms of a cgo file.
func FuncName(info *types.Info, call *ast.CallExpr) (string, bool) {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		// C.int(x) is a conversion: cmd/cgo's names tell the two apart once
		// types are known, in raw files the type checker has resolved Sel.
		if tv, ok := info.Types[call.Fun]; isC(info, fun) && !(ok && tv.IsType()) {
			return fun.Sel.Name, true
		}
	case *ast.Ident:
		for _, prefix := range []string{"_Cfunc_", "_C2func_"} {
			if name, ok := strings.CutPrefix(fun.Name, prefix); ok {
				return fromCgo(name), true
			}
		}
	}
	return "", false
}

// fromCgo turns the names that cmd/cgo gives its own helpers back.
func fromCgo(name string) string {
	if name == "_CMalloc" {
		return "malloc"
	}
	return name
}

// isC reports whether sel selects from the pseudo package C.
func isC(info *types.Info, sel *ast.SelectorExpr) bool {
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Name != "C" {
		return false
	}
	pkg, ok := info.Uses[id].(*types.PkgName)
	return ok && pkg.Imported().Path() == "C"
}

// FuncAddress returns the function, of C or an export, whose address an
// expression holds: f for C.f used as a value, through conversions.
func FuncAddress(info *types.Info, expr ast.Expr) (string, bool) {
	for {
		switch e := ast.Unparen(expr).(type) {
		case *ast.SelectorExpr:
			return e.Sel.Name, isC(info, e)
		case *ast.Ident:
			return strings.CutPrefix(e.Name, "_Cfpvar_fp_")
		case *ast.CallExpr:
			// A conversion, to a type of C for one, or cmd/cgo's _Cgo_ptr.
			if len(e.Args) != 1 || !converts(info, e.Fun) {
				return "", false
			}
			expr = e.Args[0]
		default:
			return "", false
		}
	}
}

func converts(info *types.Info, fun ast.Expr) bool {
	if info.Types[fun].IsType() {
		return true
	}
	switch fun := ast.Unparen(fun).(type) {
	case *ast.Ident:
		return fun.Name == "_Cgo_ptr"
	case *ast.SelectorExpr:
		return isC(info, fun)
	}
	return false
}

// passAddresses tells the C side which functions Go hands to it.
func (p *Package) passAddresses() {
	for _, call := range p.Calls {
		for i, arg := range call.Args {
			if name, ok := FuncAddress(p.pass.TypesInfo, arg); ok {
				p.C.Pass(call.Name, i, name)
			}
		}
	}
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				p.storeAddresses(n)
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok {
					p.storeAddress(key.Name, n.Value)
				}
			}
			return true
		})
	}
}

func (p *Package) storeAddresses(n *ast.AssignStmt) {
	if len(n.Lhs) != len(n.Rhs) {
		return
	}
	for i, lhs := range n.Lhs {
		if sel, ok := lhs.(*ast.SelectorExpr); ok {
			p.storeAddress(sel.Sel.Name, n.Rhs[i])
		}
	}
}

// storeAddress notes a function stored in a member of a C struct. cgo puts an
// underscore before members that are Go keywords.
func (p *Package) storeAddress(member string, value ast.Expr) {
	if name, ok := FuncAddress(p.pass.TypesInfo, value); ok {
		if token.IsKeyword(strings.TrimPrefix(member, "_")) {
			member = strings.TrimPrefix(member, "_")
		}
		p.C.Store(member, name)
	}
}

// Handed returns the calls from Go that pass the address of the function to C.
func (p *Package) Handed(name string) []*Call {
	var list []*Call
	for _, call := range p.Calls {
		for _, arg := range call.Args {
			if n, ok := FuncAddress(p.pass.TypesInfo, arg); ok && n == name {
				list = append(list, call)
			}
		}
	}
	return list
}
