package structcast

import (
	"go/ast"
	"go/types"
)

// mirrorCheck notes comparisons of an offset that reflect tells to one of a
// struct, and checks of the version of Go.
func (g *guards) mirrorCheck(x, y ast.Expr) {
	info := g.c.pass.TypesInfo
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		if fn := calleeOf(info, call); fn != nil && fn.FullName() == "runtime.Version" {
			g.toolchain = true
		}
	}
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Offset" || types.TypeString(info.TypeOf(sel.X), nil) != "reflect.StructField" {
		return
	}
	ast.Inspect(y, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !g.c.isBuiltin(call, "Offsetof") {
			return true
		}
		if field, ok := ast.Unparen(call.Args[0]).(*ast.SelectorExpr); ok {
			g.offsets[key(info.TypeOf(field.X))] = true
		}
		return false
	})
}
