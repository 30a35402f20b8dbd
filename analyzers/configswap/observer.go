package configswap

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// observes reports whether reader runs a method that the package hands to an
// object of another one, on which the goroutine of the reload itself calls
// methods: what runs the method may be one of these calls, in that goroutine. A
// signal or a file event is evidence enough against that, a ticker is not.
func (c *checker) observes(reload, reader lifecycle.Context) bool {
	entry := reader.Root.Entry
	if reader.Root.Kind != lifecycle.Callback || entry.Obj == nil || reload.Trigger == nil || reload.Trigger.Kind != lifecycle.Tick {
		return false
	}
	for _, f := range c.life.Funcs() {
		for _, call := range f.Calls {
			if call.Static == nil || call.Static.Pkg() == c.pass.Pkg || !c.passes(call, entry.Obj) {
				continue
			}
			if object := c.calledOn(call); object != nil && c.drives(reload.Root, object) {
				return true
			}
		}
	}
	return false
}

// passes reports whether fn is among the arguments of a call.
func (c *checker) passes(call *lifecycle.Call, fn *types.Func) bool {
	return slices.ContainsFunc(call.Expr.Args, func(arg ast.Expr) bool {
		switch e := ast.Unparen(arg).(type) {
		case *ast.SelectorExpr:
			return c.pass.TypesInfo.Uses[e.Sel] == fn
		case *ast.Ident:
			return c.pass.TypesInfo.Uses[e] == fn
		}
		return false
	})
}

// calledOn returns the variable or field that a method is called on, or nil.
func (c *checker) calledOn(call *lifecycle.Call) types.Object {
	sel, ok := ast.Unparen(call.Expr.Fun).(*ast.SelectorExpr)
	if !ok || c.pass.TypesInfo.Selections[sel] == nil {
		return nil
	}
	return lifecycle.ObjectOf(c.pass.TypesInfo, sel.X)
}

// drives reports whether code under a root calls methods of an object.
func (c *checker) drives(root *lifecycle.Root, object types.Object) bool {
	return slices.ContainsFunc(c.life.Funcs(), func(f *lifecycle.Func) bool {
		return c.runsUnder(f, root) && slices.ContainsFunc(f.Calls, func(call *lifecycle.Call) bool {
			return call.Mode != lifecycle.Go && c.calledOn(call) == object
		})
	})
}
