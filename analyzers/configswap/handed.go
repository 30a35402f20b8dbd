package configswap

import (
	"go/ast"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// handing is a place where a method is handed to who serves requests with it.
type handing struct {
	node ast.Expr
	recv ast.Expr
	in   *lifecycle.Func
}

// serves reports whether a method is handed out to serve requests from the
// object that w reloads.
func (x *crossing) serves(h *handing, with conflict, w *access.Access) bool {
	if !x.early(h.in, h.node) {
		return false
	}
	if with.Global {
		return true
	}
	v, _ := x.c.state.Holder(h.recv)
	if v == nil {
		return false
	}
	if !v.IsField() {
		v, _, _ = x.origin(v, h.in, maxHops)
	}
	return v != nil && x.cells[v] == w.Cell
}

// handed returns the methods of other packages that are handed out as request
// handlers: as method values, or by an object with ServeHTTP.
func (x *crossing) handed() map[*types.Func][]*handing {
	if x.given != nil {
		return x.given
	}
	x.given = make(map[*types.Func][]*handing)
	for _, f := range x.c.life.Funcs() {
		if x.c.life.InTest(f.Body().Pos()) {
			continue
		}
		called := make(map[ast.Expr]bool)
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				called[ast.Unparen(n.Fun)] = true
			case *ast.SelectorExpr:
				fn, ok := x.c.pass.TypesInfo.Uses[n.Sel].(*types.Func)
				if ok && !called[n] && fn.Signature().Recv() != nil && handles(fn.Signature()) {
					x.given[fn.Origin()] = append(x.given[fn.Origin()], &handing{n, n.X, f})
				}
			}
			return true
		})
		for _, call := range f.Calls {
			x.handlers(call)
		}
	}
	return x.given
}

// handlers adds the objects among the arguments of a call that serve requests.
func (x *crossing) handlers(call *lifecycle.Call) {
	object, ok := call.Has("handles")
	if !ok || len(object) < len("arg0") {
		return
	}
	index := int(object[len("arg")] - '0')
	if index < 0 || index >= len(call.Expr.Args) {
		return
	}
	arg := call.Expr.Args[index]
	t := x.c.pass.TypesInfo.TypeOf(arg)
	if t == nil || types.IsInterface(t) {
		return
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, x.c.pass.Pkg, "ServeHTTP")
	if fn, ok := obj.(*types.Func); ok && fn.Pkg() != nil && fn.Pkg() != x.c.pass.Pkg {
		x.given[fn.Origin()] = append(x.given[fn.Origin()], &handing{arg, arg, call.In})
	}
}

// handles reports whether a function of the signature answers HTTP requests.
func handles(sig *types.Signature) bool {
	if sig.Params().Len() != 2 {
		return false
	}
	isNamed := func(t types.Type, name string) bool {
		n, ok := types.Unalias(t).(*types.Named)
		return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "net/http" && n.Obj().Name() == name
	}
	ptr, ok := sig.Params().At(1).Type().(*types.Pointer)
	return ok && isNamed(sig.Params().At(0).Type(), "ResponseWriter") && isNamed(ptr.Elem(), "Request")
}
