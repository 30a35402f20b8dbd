package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
)

// removes reports whether a body removes an entry under a key that C passed.
func (w *walker) removes(fr *frame, body *ast.BlockStmt, depth int) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			w.assign(fr, n)
		case *ast.CallExpr:
			found = found || w.fromC(fr, n) && w.removal(fr, n, depth)
		}
		return !found
	})
	return found
}

func (w *walker) removal(fr *frame, call *ast.CallExpr, depth int) bool {
	if w.isBuiltin(call, "delete") {
		return w.fromC(fr, call.Args[1])
	}
	fn, ok := typeutil.Callee(w.info, call).(*types.Func)
	if !ok {
		return false
	}
	switch fn.FullName() {
	case "(runtime/cgo.Handle).Delete", "(*sync.Map).Delete", "(*sync.Map).LoadAndDelete":
		return true
	}
	decl := w.decls[fn.Origin()]
	if decl == nil || depth == 0 {
		return false
	}
	inner := &frame{body: decl.Body, given: w.passOn(fr, fn, call)}
	return w.removes(inner, decl.Body, depth-1) || w.copiesWithout(inner, decl)
}

// copiesWithout reports whether a function replaces a shared container by a
// copy that leaves out the key that C passed.
func (w *walker) copiesWithout(fr *frame, decl *ast.FuncDecl) bool {
	compares := false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if b, ok := n.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
			compares = compares || w.fromC(fr, b)
		}
		return true
	})
	if !compares {
		return false
	}
	for _, list := range w.uses {
		for _, a := range list {
			if a.drop && a.in == decl {
				return true
			}
		}
	}
	return false
}

// lockAround returns the call that locks the mutex which C holds when it enters
// the export.
func (p *program) lockAround(export string) (analysis.Range, bool) {
	for _, f := range p.cgo.C.Funcs() {
		for _, c := range f.Calls {
			lock, held := ctext.HoldsLock(f, c.Off)
			if !held {
				continue
			}
			for _, t := range p.cgo.C.Targets(f, c) {
				if t == export {
					return p.cgo.Range(f, lock.Off, len(lock.Callee))
				}
			}
		}
	}
	return nil, false
}
