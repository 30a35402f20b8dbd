package cgoexport

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// value handles a call through a function value.
func (w *walker) value(fr *frame, call *ast.CallExpr) {
	fun := ast.Unparen(call.Fun)
	if id, ok := fun.(*ast.Ident); ok {
		obj := w.info.Uses[id]
		if b, ok := fr.lookup(obj); ok {
			inner := *b.in
			inner.protected, inner.locked, inner.depth = fr.protected, fr.locked, fr.depth
			w.literal(&inner, b.lit, nil)
			return
		}
		if lit, ok := w.definition(fr, obj).(*ast.FuncLit); ok && obj != nil && !isPackageLevel(obj) {
			w.literal(fr, lit, nil)
			return
		}
	}
	sig, ok := w.info.TypeOf(fun).Underlying().(*types.Signature)
	if !ok {
		return
	}
	w.nilFunc(fr, fun, call)
	if site, ok := w.callbackPanics(sig); ok {
		rank := rankUser
		if site != nil {
			rank = rankOwn
		}
		w.add(fr, risk{kind: "panic", rank: rank, node: call, msg: msgUser, others: site})
	}
}

func isPackageLevel(obj types.Object) bool {
	return obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope()
}

// nilFunc looks at a call of a function variable that may be nil, or of an
// entry that may be gone.
func (w *walker) nilFunc(fr *frame, fun ast.Expr, call *ast.CallExpr) {
	if v := w.variable(fun); v != nil {
		if w.single(fun) == nil || w.checked(fr, v) {
			return
		}
		if set, ok := w.mayBeNil(v); ok {
			w.add(fr, risk{kind: "state", rank: rankNil, node: call, msg: msgNilFn, others: set})
		}
		return
	}
	if _, ok := fun.(*ast.TypeAssertExpr); ok {
		return // the assertion itself is the risk
	}
	if id, ok := fun.(*ast.Ident); ok {
		obj := w.objectOf(id)
		if def := w.definition(fr, obj); def != nil {
			if v := w.single(def); v != nil && !w.checked(fr, obj) && !w.checked(fr, v) {
				if set, ok := w.mayBeNil(v); ok {
					w.add(fr, risk{kind: "state", rank: rankNil, node: call, msg: msgNilFn, others: set})
				}
				return
			}
			if _, ok := ast.Unparen(def).(*ast.TypeAssertExpr); ok {
				return
			}
		}
	}
	if src, checked, at := w.trace(fr, fun); src == lookup && !checked && isIndex(at) {
		w.add(fr, risk{kind: "state", rank: rankLookup, node: call, msg: msgLookup})
	}
}

// interfaceCall handles a call through an interface. Those of the standard
// library say what they do; panics are no part of it.
func (w *walker) interfaceCall(fr *frame, fn *types.Func, call *ast.CallExpr) {
	sel := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	t := w.info.TypeOf(sel.X)
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || isStd(named.Obj().Pkg().Path()) || fn.Pkg() == nil || isStd(fn.Pkg().Path()) {
		return
	}
	open := w.openInterface(t)
	impls := w.implementations(t, fn)
	// A method of the API that nobody here has is one of the package's users.
	if open && (w.accepts(t) || len(impls) == 0 && w.inAPI(fn)) {
		w.add(fr, risk{kind: "panic", rank: rankUser, node: call, msg: msgUser})
		return
	}
	for _, impl := range impls {
		if site, ok := w.bodyPanics(w.decls[impl], w.decls[impl].Body, impl.Signature()); ok {
			w.add(fr, risk{kind: "panic", rank: rankOwn, node: call, msg: msgUser, others: site})
			return
		}
	}
}

// openInterface reports whether users of the package can implement t.
func (p *program) openInterface(t types.Type) bool {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok || p.pass.Pkg.Name() == "main" {
		return false
	}
	for m := range iface.Methods() {
		if !m.Exported() {
			return false
		}
	}
	return true
}

// inAPI reports whether an exported interface of the package has the method.
func (p *program) inAPI(method *types.Func) bool {
	if method.Pkg() != p.pass.Pkg {
		return false
	}
	scope := p.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || !tn.Exported() || !types.IsInterface(tn.Type()) {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(tn.Type(), false, method.Pkg(), method.Name())
		if m, ok := obj.(*types.Func); ok && types.Identical(m.Signature(), method.Signature()) {
			return true
		}
	}
	return false
}

// implementations returns the methods of the package's types behind a call of
// an interface.
func (p *program) implementations(t types.Type, fn *types.Func) []*types.Func {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var list []*types.Func
	scope := p.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() || types.IsInterface(tn.Type()) {
			continue
		}
		ptr := types.NewPointer(tn.Type())
		if named, ok := tn.Type().(*types.Named); !ok || named.TypeParams().Len() > 0 || !types.Implements(ptr, iface) {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(ptr, true, fn.Pkg(), fn.Name())
		if m, ok := obj.(*types.Func); ok && p.decls[m.Origin()] != nil {
			list = append(list, m.Origin())
		}
	}
	return list
}

// callbackPanics reports whether a function behind a value of the signature can
// panic: one that the package's users pass in can, and of the package's own
// those whose bodies do.
func (w *walker) callbackPanics(sig *types.Signature) ([]analysis.RelatedInformation, bool) {
	if w.accepts(sig) {
		return nil, true
	}
	for _, c := range w.taken {
		if !types.Identical(withoutRecv(c.sig), withoutRecv(sig)) {
			continue
		}
		var body *ast.BlockStmt
		var node ast.Node = c.node
		if c.lit != nil {
			body = c.lit.Body
		} else if d := w.decls[c.fn.Origin()]; d != nil {
			body, node = d.Body, d
		}
		if body == nil {
			continue
		}
		if site, ok := w.bodyPanics(node, body, c.sig); ok {
			return site, true
		}
	}
	return nil, false
}

func withoutRecv(sig *types.Signature) *types.Signature {
	return types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic())
}

// bodyPanics walks a callback of the package like an export: what it is given
// comes from C.
func (w *walker) bodyPanics(node ast.Node, body *ast.BlockStmt, sig *types.Signature) ([]analysis.RelatedInformation, bool) {
	if w.entered[node] {
		return nil, false
	}
	w.entered[node] = true
	defer delete(w.entered, node)
	inner := &walker{program: w.program, export: w.export}
	fr := &frame{body: body, depth: maxDepth / 2, given: paramsFromC(sig)}
	inner.block(fr, body)
	for _, r := range inner.risks {
		if r.rank != rankRace {
			return []analysis.RelatedInformation{report.Related(r.node, "the callback can panic here")}, true
		}
	}
	return nil, false
}
