package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
)

// takenBack reports whether C has given up what a function removes at pos: the
// function, or each one that calls it, calls C first to say so, or C itself
// asked for the removal through an export.
func (p *program) takenBack(fd *ast.FuncDecl, pos token.Pos) bool {
	if p.isExport(fd) || p.tellsC(fd, pos, 1) {
		return true
	}
	fn, _ := p.info.Defs[fd.Name].(*types.Func)
	callers := 0
	for _, caller := range p.decls {
		if caller == fd {
			continue
		}
		for _, call := range p.callsOf(caller, fn) {
			callers++
			if !p.isExport(caller) && !p.forOneCall(caller, call) && !p.tellsC(caller, call.Pos(), 1) {
				return false
			}
		}
	}
	return callers > 0
}

// forOneCall reports whether a call at the end of a function removes an entry
// whose key the function got from a call of its own: the entry lives for the
// time of the calls in between.
func (p *program) forOneCall(fd *ast.FuncDecl, removal *ast.CallExpr) bool {
	if !isDeferred(fd, removal) {
		return false
	}
	keys := make(map[types.Object]bool)
	for _, e := range operands(removal) {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok && p.info.Uses[id] != nil {
			keys[p.info.Uses[id]] = true
		}
	}
	found := false
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		if n, ok := n.(*ast.AssignStmt); ok && n.Tok == token.DEFINE && len(n.Rhs) == 1 {
			id, isIdent := n.Lhs[0].(*ast.Ident)
			_, made := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
			found = found || isIdent && made && keys[p.info.Defs[id]]
		}
		return !found
	})
	return found
}

func isDeferred(fd *ast.FuncDecl, call *ast.CallExpr) bool {
	found := false
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		d, ok := n.(*ast.DeferStmt)
		found = found || ok && d.Pos() <= call.Pos() && call.End() <= d.End()
		return !found
	})
	return found
}

// operands returns the arguments of a call and what its method is called on.
func operands(call *ast.CallExpr) []ast.Expr {
	list := slices.Clone(call.Args)
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		list = append(list, sel.X)
	}
	return list
}

// unregisters reports whether the package takes entries out of a registry that
// another package keeps, and that look reads, while C may still ask for them: it
// passes a key to another function of the registry.
func (p *program) unregisters(look *types.Func) bool {
	key := keyOf(look)
	for _, fd := range p.decls {
		released := false
		ast.Inspect(fd.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || released {
				return !released
			}
			fn := typeutil.StaticCallee(p.info, call)
			released = fn != nil && fn.Pkg() == look.Pkg() && fn.Origin() != look.Origin() && types.Identical(keyOf(fn), key) &&
				!p.forOneCall(fd, call) && !p.takenBack(fd, call.Pos())
			return !released
		})
		if released {
			return true
		}
	}
	return false
}

// keyOf returns the type of what a function of a registry takes first, or else
// is called on.
func keyOf(fn *types.Func) types.Type {
	sig := fn.Signature()
	switch {
	case sig.Params().Len() > 0:
		return sig.Params().At(0).Type()
	case sig.Recv() != nil:
		return sig.Recv().Type()
	}
	return types.Typ[types.Invalid]
}

// callsOf lists the static calls of fn below a node.
func (p *program) callsOf(fd ast.Node, fn *types.Func) []*ast.CallExpr {
	var list []*ast.CallExpr
	ast.Inspect(fd, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f := typeutil.StaticCallee(p.info, call); f != nil && f.Origin() == fn {
				list = append(list, call)
			}
		}
		return true
	})
	return list
}

// tellsC reports whether a function calls C before pos in a way that can take
// something back, itself or in a function of the package that it calls there.
func (p *program) tellsC(fd *ast.FuncDecl, pos token.Pos, depth int) bool {
	for _, c := range p.cgo.Calls {
		if c.In == fd && c.Expr.Pos() < pos && p.mayTakeBack(c) {
			return true
		}
	}
	if depth == 0 {
		return false
	}
	found := false
	ast.Inspect(fd, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || call.Pos() >= pos {
			return !found
		}
		if fn := typeutil.StaticCallee(p.info, call); fn != nil {
			if d := p.decls[fn.Origin()]; d != nil && d != fd {
				found = p.tellsC(d, d.End(), depth-1)
			}
		}
		return !found
	})
	return found
}

// memory are the C functions that say nothing to a library.
var memory = map[string]bool{"free": true, "malloc": true, "calloc": true, "CString": true, "CBytes": true,
	"GoString": true, "GoStringN": true, "GoBytes": true, "strlen": true, "usleep": true, "sleep": true, "nanosleep": true}

// mayTakeBack reports whether a call can make C forget an export or what it was
// given: not one that hands it over, starts threads, or runs the callbacks.
func (p *program) mayTakeBack(c *cgosource.Call) bool {
	if memory[c.Name] {
		return false
	}
	for _, arg := range c.Args {
		if _, ok := cgosource.FuncAddress(p.info, arg); ok {
			return false
		}
	}
	if p.cgo.C.Func(c.Name) == nil {
		return true // a library's function
	}
	return p.joins(c.Name) || p.forgets(c.Name, maxDepth)
}

// forgets reports whether a C function of the package clears a variable, or
// lets a library do it.
func (p *program) forgets(name string, depth int) bool {
	f := p.cgo.C.Func(name)
	if f == nil || depth == 0 || len(p.cgo.C.Reach(name)) > 0 {
		return false
	}
	if f.Clears() {
		return true
	}
	for _, c := range f.Calls {
		library := p.cgo.C.Func(c.Callee) == nil && !fromLibc(c.Callee)
		if library && !ctext.IsThreadStart(c) || p.forgets(c.Callee, depth-1) {
			return true
		}
	}
	return false
}

// fromLibc reports whether a C function is one that keeps no callbacks: those
// of the language's own library, by the prefixes that it reserves.
func fromLibc(name string) bool {
	if memory[name] {
		return true
	}
	for _, prefix := range []string{"pthread_", "mtx_", "cnd_", "atomic_", "__atomic_", "__sync_", "mem", "str", "print", "fprint",
		"snprint", "sprint", "sem_", "realloc", "assert", "fflush", "put", "fput", "abort", "clock_", "time", "."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
