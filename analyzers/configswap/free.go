package configswap

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// freed reports C memory of an old configuration that is freed right after the
// swap, while a reader may still use it.
func (c *checker) freed() {
	if !usesC(c.pass) {
		return
	}
	for _, cell := range c.state.Cells {
		for _, w := range cell.Accesses {
			if w.Op != access.Replace || c.judge(w).strength == none {
				continue
			}
			if free := c.freesOld(w); free != nil && !c.told[cell] {
				c.tellFree(w, free)
			}
		}
	}
}

// usesC reports whether a file of the package is cgo's: raw, or processed, in
// which C functions are called by names that start with _C.
func usesC(pass *analysis.Pass) bool {
	for _, f := range pass.Files {
		for _, imp := range f.Imports {
			if imp.Path.Value == `"C"` || imp.Path.Value == `"runtime/cgo"` {
				return true
			}
		}
	}
	return pass.Pkg.Scope().Lookup("_cgo_runtime_cgocall") != nil || pass.Pkg.Scope().Lookup("_Cgo_ptr") != nil
}

// freesOld returns the call in the function of w that frees what the cell held
// before, or nil.
func (c *checker) freesOld(w *access.Access) *ast.CallExpr {
	old := c.oldValues(w)
	var free *ast.CallExpr
	ast.Inspect(w.In.Body(), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || free != nil || len(call.Args) != 1 {
			return free == nil
		}
		if !isCFree(call) && !c.callsCFree(call) {
			return true
		}
		arg := call.Args[0]
		for {
			conv, ok := ast.Unparen(arg).(*ast.CallExpr)
			if !ok || len(conv.Args) != 1 || !c.pass.TypesInfo.Types[conv.Fun].IsType() {
				break
			}
			arg = conv.Args[0]
		}
		if obj := lifecycle.ObjectOf(c.pass.TypesInfo, arg); obj != nil && old[obj] {
			free = call
		}
		return free == nil
	})
	return free
}

// oldValues returns the variables that hold the value of the cell from before
// w, and the cell itself when it is freed in place.
func (c *checker) oldValues(w *access.Access) map[types.Object]bool {
	old := map[types.Object]bool{types.Object(w.Cell.Var): true}
	ast.Inspect(w.In.Body(), func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok || len(assign.Lhs) != len(assign.Rhs) {
			return true
		}
		for i, l := range assign.Lhs {
			obj := lifecycle.ObjectOf(c.pass.TypesInfo, l)
			if obj == nil || obj == types.Object(w.Cell.Var) {
				continue
			}
			before := assign.End() <= w.Node.Pos() && c.copied(assign.Rhs[i]) == w.Cell
			swap := w.Atomic && within(w.Node, assign.Rhs[i])
			// cgo puts an argument into a variable to check it.
			source := lifecycle.ObjectOf(c.pass.TypesInfo, stripConversion(c.pass.TypesInfo, assign.Rhs[i]))
			if before || swap || source != nil && old[source] && source != types.Object(w.Cell.Var) {
				old[obj] = true
			}
		}
		return true
	})
	return old
}

// isCFree reports whether call is C.free, in the raw or the processed form of a
// cgo file.
func isCFree(call *ast.CallExpr) bool {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun.Name == "_Cfunc_free"
	case *ast.SelectorExpr:
		id, ok := fun.X.(*ast.Ident)
		return ok && id.Name == "C" && fun.Sel.Name == "free"
	}
	return false
}

// callsCFree reports whether call runs a function of the package that frees its
// parameter and does it without waiting for anything.
func (c *checker) callsCFree(call *ast.CallExpr) bool {
	target := c.life.CallAt(call)
	if target == nil || target.Mode != lifecycle.Plain || len(target.Funcs) != 1 {
		return false
	}
	f := target.Funcs[0]
	if f.Obj == nil || strings.HasPrefix(f.Obj.Name(), "_C") || f.Obj.Signature().Params().Len() != 1 {
		return false
	}
	param := f.Obj.Signature().Params().At(0)
	found := false
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if inner, ok := n.(*ast.CallExpr); ok && isCFree(inner) {
			found = found || c.usesAny(inner, map[types.Object]bool{param: true})
		}
		return !found
	})
	return found
}

// tellFree reports the free when another goroutine may use the old value.
func (c *checker) tellFree(w *access.Access, free *ast.CallExpr) {
	related := []analysis.RelatedInformation{report.Related(w.Node, "replaced here")}
	ctx, found := lifecycle.Context{}, false
	v := c.judge(w)
	for _, r := range w.Cell.Accesses {
		if r.Setup || r.In == w.In || len(related) > maxReads || c.state.Excluded(w, r) {
			continue
		}
		for _, wctx := range v.contexts {
			for _, rctx := range c.state.ContextsAt(r.In, r.Node.Pos()) {
				if !found && concurrent(w.Cell, wctx, rctx) {
					ctx, found = wctx, true
				}
			}
		}
		related = append(related, report.Related(r.Node, "used here"))
	}
	if !found {
		return
	}
	c.told[w.Cell] = true
	c.rep.Report(report.Finding{
		Node:    free,
		Kind:    "free",
		Message: "old configuration is freed while a reader may still hold it",
		Related: append(related, cause(ctx)...),
	})
}
