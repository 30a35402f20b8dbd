package lifecycle

import (
	"go/ast"
	"go/types"
)

// object returns the variable or field that e denotes, or nil.
func (v *values) object(e ast.Expr) types.Object {
	return ObjectOf(v.p.pass.TypesInfo, e)
}

// ObjectOf returns the variable or field that e denotes (the generic origin of
// a field), seen through parentheses, stars and selectors; nil for anything
// else.
func ObjectOf(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if obj, ok := info.ObjectOf(e).(*types.Var); ok {
			return obj.Origin()
		}
	case *ast.SelectorExpr:
		if obj, ok := info.Uses[e.Sel].(*types.Var); ok {
			return obj.Origin()
		}
	case *ast.StarExpr:
		return ObjectOf(info, e.X)
	}
	return nil
}

func origin(obj types.Object) types.Object {
	if v, ok := obj.(*types.Var); ok {
		return v.Origin()
	}
	return obj
}

// staticFunc returns the declared function or method that e names, or nil.
func (v *values) staticFunc(e ast.Expr) *types.Func {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		fn, _ := v.p.pass.TypesInfo.Uses[e].(*types.Func)
		return originFunc(fn)
	case *ast.SelectorExpr:
		fn, _ := v.p.pass.TypesInfo.Uses[e.Sel].(*types.Func)
		return originFunc(fn)
	case *ast.IndexExpr:
		return v.staticFunc(e.X)
	case *ast.IndexListExpr:
		return v.staticFunc(e.X)
	}
	return nil
}

func originFunc(fn *types.Func) *types.Func {
	if fn == nil {
		return nil
	}
	return fn.Origin()
}
