package origin

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// copyRow describes copy(dst, src), which assign has entered already.
var copyRow = &row{name: "copy", role: rolePass, out: place{"arg", 0}, from: place{"arg", 1}}

// expr returns the argument or receiver of call that p names; nil for results.
func (p place) expr(call *ast.CallExpr) ast.Expr {
	switch {
	case p.what == "arg" && p.index < len(call.Args):
		return call.Args[p.index]
	case p.what == "recv":
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return sel.X
		}
	}
	return nil
}

// ioctl returns the handle of an ioctl call; nil for other calls.
func (g *Graph) ioctl(fn *types.Func, call *ast.CallExpr) ast.Expr {
	if len(call.Args) < 2 || fn.Pkg() == nil {
		return nil
	}
	switch pkg := fn.Pkg().Path(); {
	case pkg == "golang.org/x/sys/unix" && strings.HasPrefix(fn.Name(), "Ioctl"):
		return call.Args[0]
	case (pkg == "syscall" || pkg == "golang.org/x/sys/unix") && g.trapIs(fn, call, "SYS_IOCTL"):
		return call.Args[1]
	}
	return nil
}

// drive marks a handle as a driver's, where it is a parameter those of the callers.
func (g *Graph) drive(handle ast.Expr, depth int) {
	for range 4 { // int(f.Fd()) -> f
		inner, ok := ast.Unparen(handle).(*ast.CallExpr)
		if !ok {
			break
		}
		if sel, ok := ast.Unparen(inner.Fun).(*ast.SelectorExpr); ok && len(inner.Args) == 0 {
			handle = sel.X
		} else if len(inner.Args) == 1 {
			handle = inner.Args[0]
		}
	}
	obj := g.Root(handle)
	if obj == nil || g.drivers[obj] {
		return
	}
	g.drivers[obj] = true
	if p, ok := g.params[obj]; ok && depth < 4 {
		for _, call := range g.callsOf(p.fn) {
			if arg := argument(call, p.index); arg != nil {
				g.drive(arg, depth+1)
			}
		}
	}
}

// trapIs reports whether call is a raw system call with the named number.
func (g *Graph) trapIs(fn *types.Func, call *ast.CallExpr, name string) bool {
	switch fn.Name() {
	case "Syscall", "Syscall6", "Syscall9", "RawSyscall", "RawSyscall6":
	default:
		return false
	}
	num, ok := fn.Pkg().Scope().Lookup(name).(*types.Const)
	val := g.info.Types[call.Args[0]].Value
	return ok && val != nil && constant.Compare(constant.ToInt(val), token.EQL, num.Val())
}

// spread enters a fill for the memory that the buffer denotes and, where that is
// a parameter, for the arguments of the callers.
func (g *Graph) spread(f Fill) {
	seen := make(map[types.Object]bool)
	var fill func(buf ast.Expr, depth int)
	fill = func(buf ast.Expr, depth int) {
		obj := g.Root(buf)
		if obj == nil || seen[obj] || depth > 6 || f.row == copyRow {
			return
		}
		seen[obj] = true
		if !f.Write {
			g.defs[obj] = append(g.defs[obj], def{expr: f.Call, index: -1, fill: f.row})
		}
		for _, d := range g.defs[obj] {
			if d.fill == nil && d.index < 0 && aliases(d.expr) {
				fill(d.expr, depth+1)
			}
		}
		p, ok := g.params[obj]
		if !ok {
			return
		}
		for _, call := range g.callsOf(p.fn) {
			if arg := argument(call, p.index); arg != nil {
				fill(arg, depth+1)
			}
		}
	}
	fill(f.Buffer, 0)
}

// aliases reports whether the value of e is memory that something else names.
func aliases(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.SliceExpr, *ast.UnaryExpr, *ast.IndexExpr:
		return true
	case *ast.CallExpr:
		return len(e.Args) > 0
	}
	return false
}

// callsOf returns the calls of a function in the package, through variables
// that hold it as well.
func (g *Graph) callsOf(f *function) []*ast.CallExpr {
	var list []*ast.CallExpr
	if f.obj != nil {
		list = append(list, g.calls[f.obj]...)
	}
	for _, obj := range g.holders[f] {
		list = append(list, g.calls[obj]...)
	}
	return list
}

// argument returns the argument of a call for parameter index (-1: receiver).
func argument(call *ast.CallExpr, index int) ast.Expr {
	if index < 0 {
		return place{what: "recv"}.expr(call)
	}
	if index < len(call.Args) {
		return call.Args[index]
	}
	return nil
}
