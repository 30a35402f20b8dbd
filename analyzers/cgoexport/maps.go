package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// mapWrite looks at m[k] = v under a call from C.
func (w *walker) mapWrite(fr *frame, ix *ast.IndexExpr) {
	if !isMap(w.info.TypeOf(ix.X)) {
		return
	}
	w.mapAccess(fr, ix.X, true)
	v := w.single(ix.X)
	if v == nil || w.checked(fr, v) {
		return
	}
	if set, ok := w.mayBeNil(v); ok {
		w.add(fr, risk{kind: "state", rank: rankNil, node: ix, msg: msgNilMap, others: set})
	}
}

// mapAccess looks for accesses to the same map that the lock held here, if any,
// does not exclude. Without a lock on either side, only a thread of C makes two
// of them meet for certain.
func (w *walker) mapAccess(fr *frame, expr ast.Expr, write bool) {
	v := w.variable(expr)
	if v == nil || fr.locked || !isMap(v.Type()) || w.ownObject(fr, expr) {
		return
	}
	for _, a := range w.uses[v] {
		if a.in == nil || isInit(a.in) || fr.within(a.node) || !(a.write || write) || w.beforeC(a) {
			continue
		}
		if a.locked || w.threads[w.export.Name] && !w.callerLocks(a.in) {
			w.add(fr, risk{kind: "state", rank: rankRace, node: expr, msg: msgRace,
				others: []analysis.RelatedInformation{report.Related(a.node, "the map is used here as well")}})
			return
		}
	}
}

// ownObject reports whether expr is a field of an object that this body made.
func (w *walker) ownObject(fr *frame, expr ast.Expr) bool {
	sel, ok := ast.Unparen(expr).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return false
	}
	def := w.definition(fr, w.objectOf(id))
	if u, ok := def.(*ast.UnaryExpr); ok && u.Op == token.AND {
		def = u.X
	}
	_, ok = def.(*ast.CompositeLit)
	return ok
}

func (fr *frame) within(n ast.Node) bool {
	return fr.body.Pos() <= n.Pos() && n.End() <= fr.body.End()
}

// callerLocks reports whether a function is only called with a lock held.
func (p *program) callerLocks(fd *ast.FuncDecl) bool {
	fn, _ := p.info.Defs[fd.Name].(*types.Func)
	calls, locked := 0, 0
	for _, caller := range p.decls {
		ast.Inspect(caller, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && typeutil.StaticCallee(p.info, call) == fn {
				calls++
				if p.lockedAt(caller, call.Pos()) {
					locked++
				}
			}
			return true
		})
	}
	return calls > 0 && calls == locked
}

// beforeC reports whether an access comes before the package lets C run: it
// stands in a function that calls C only afterwards, and no loop or goroutine
// brings it back. What the function calls counts as it.
func (p *program) beforeC(a access) bool {
	if inLiteral(a.in, a.node.Pos()) {
		return false
	}
	return p.entersCAfter(a.in, a.node.Pos()) && !p.entersCBefore(a.in, a.node.Pos())
}

func (p *program) entersCAfter(fd *ast.FuncDecl, pos token.Pos) bool {
	return p.entersC(fd, func(call token.Pos) bool { return call > pos }, maxDepth)
}

func (p *program) entersCBefore(fd *ast.FuncDecl, pos token.Pos) bool {
	return p.entersC(fd, func(call token.Pos) bool { return call < pos }, maxDepth)
}

// entersC reports whether a function calls C at a place for which where holds,
// itself or through functions of the package.
func (p *program) entersC(fd *ast.FuncDecl, where func(token.Pos) bool, depth int) bool {
	for _, c := range p.cgo.Calls {
		if c.In == fd && where(c.Expr.Pos()) {
			return true
		}
	}
	found := false
	ast.Inspect(fd, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || depth == 0 || !where(call.Pos()) {
			return !found
		}
		if fn := typeutil.StaticCallee(p.info, call); fn != nil {
			if d := p.decls[fn.Origin()]; d != nil && d != fd {
				found = p.entersC(d, func(token.Pos) bool { return true }, depth-1)
			}
		}
		return !found
	})
	return found
}

// inLiteral reports whether pos lies in a function literal of fd.
func inLiteral(fd *ast.FuncDecl, pos token.Pos) bool {
	found := false
	ast.Inspect(fd, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && lit.Pos() <= pos && pos < lit.End() {
			found = true
		}
		return !found
	})
	return found
}

// single returns the variable that expr names if the package has it once: a
// package-level variable, or a field of one that is a struct. Of other fields it
// is not known which object C means.
func (p *program) single(expr ast.Expr) *types.Var {
	v := p.variable(expr)
	if v == nil || !v.IsField() {
		return v
	}
	sel, ok := ast.Unparen(expr).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	base := p.variable(sel.X)
	if base == nil || base.IsField() {
		return nil
	}
	if _, ok := base.Type().Underlying().(*types.Struct); !ok {
		return nil
	}
	return v
}

// mayBeNil reports whether C can enter while a variable of the package is nil,
// with the place that sets it, or clears it.
func (p *program) mayBeNil(v *types.Var) ([]analysis.RelatedInformation, bool) {
	if p.guardsC(v) {
		return nil, false
	}
	set := p.uses[v]
	var first *access
	ordered := false
	for i, a := range set {
		switch {
		case !a.write || !a.drop && a.rhs == nil:
			continue
		case a.rhs != nil && isNil(p.info, a.rhs):
			if a.in != nil && !isInit(a.in) && !p.takenBack(a.in, a.node.Pos()) && !p.beforeC(a) {
				return []analysis.RelatedInformation{report.Related(a.node, "it is cleared here")}, true
			}
			continue
		case a.in == nil || isInit(a.in) || p.setBeforeC(a, maxDepth):
			ordered = true
		}
		if first == nil {
			first = &set[i]
		}
	}
	switch {
	case ordered:
		return nil, false
	case first == nil:
		return nil, true
	}
	return []analysis.RelatedInformation{report.Related(first.node, "it is set here")}, true
}

// guardsC reports whether the package compares v with nil before it calls C, as
// it does to install a callback only for those who want it.
func (p *program) guardsC(v *types.Var) bool {
	for _, fd := range p.decls {
		found := false
		ast.Inspect(fd, func(n ast.Node) bool {
			if b, ok := n.(*ast.BinaryExpr); ok && !found && (isNil(p.info, b.X) || isNil(p.info, b.Y)) {
				found = (p.variable(b.X) == v || p.variable(b.Y) == v) && p.entersCAfter(fd, b.Pos())
			}
			return !found
		})
		if found && !p.isExport(fd) {
			return true
		}
	}
	return false
}

// setBeforeC reports whether an assignment comes before C runs: in its own
// function, or in one that calls it.
func (p *program) setBeforeC(a access, depth int) bool {
	if p.beforeC(a) {
		return true
	}
	if depth == 0 || inLiteral(a.in, a.node.Pos()) || p.entersCBefore(a.in, a.node.Pos()) {
		return false
	}
	fn, _ := p.info.Defs[a.in.Name].(*types.Func)
	for _, caller := range p.decls {
		if caller == a.in {
			continue
		}
		found := false
		ast.Inspect(caller, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && !found && typeutil.StaticCallee(p.info, call) == fn {
				found = p.setBeforeC(access{node: call, in: caller}, depth-1)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}
