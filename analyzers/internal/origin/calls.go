package origin

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// call walks to result index of a call.
func (w *walker) call(call *ast.CallExpr, index int, ctx *frame) {
	if arg := w.g.sameMemory(call); arg != nil {
		w.expr(arg, -1, ctx)
		if w.g.isBuiltin(call, "append") {
			for _, a := range call.Args[1:] {
				w.expr(a, -1, ctx)
			}
		}
		return
	}
	if _, ok := typeutil.Callee(w.g.info, call).(*types.Builtin); ok {
		w.emit(Memory, call, nil) // make, new, len, ...
		return
	}
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		w.enter(w.g.lits[lit], call, index, ctx)
		return
	}
	fn := w.g.Callee(call)
	if fn == nil {
		w.dynamic(call, index, ctx)
		return
	}
	if r := lookup(fn); r != nil && r.role != roleWrite && (r.out.what == "result" || r.out.what == "arg") {
		if r.out == (place{"result", index}) {
			w.produce(r, call, ctx)
		}
		return
	}
	if index == 0 && w.rawCall(fn, call) {
		return
	}
	if f := w.g.funcs[fn]; f != nil {
		w.enter(f, call, index, ctx)
		return
	}
	if w.g.atomicMethod(fn) {
		w.expr(place{what: "recv"}.expr(call), -1, ctx)
		return
	}
	for _, f := range w.g.implementations(fn) {
		w.enter(f, call, index, ctx)
	}
	if kind := w.g.external(fn, index); kind != "" {
		w.emit(kind, call, nil)
		return
	}
	w.leaf(w.g.resultType(fn, index), call)
}

// dynamic walks into the functions of the package that a called variable holds.
func (w *walker) dynamic(call *ast.CallExpr, index int, ctx *frame) {
	v := w.g.calledVar(call)
	for _, f := range w.g.held[v] {
		w.enter(f, call, index, ctx)
	}
	if tv, ok := w.g.info.Types[call]; ok {
		w.leaf(tv.Type, call)
	}
}

// implementations returns the methods of the package that a call of an
// interface's method may reach; none where there are too many to tell.
func (g *Graph) implementations(fn *types.Func) []*function {
	recv := fn.Signature().Recv()
	if recv == nil {
		return nil
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var list []*function
	for _, f := range g.methods[fn.Name()] {
		if types.Implements(f.recv.Type(), iface) {
			list = append(list, f)
		}
	}
	if len(list) > 4 {
		return nil
	}
	return list
}

// atomicMethod reports whether fn loads or stores an atomic value.
func (g *Graph) atomicMethod(fn *types.Func) bool {
	return fn.Pkg() != nil && fn.Pkg().Path() == "sync/atomic" && fn.Signature().Recv() != nil
}

func (g *Graph) isBuiltin(call *ast.CallExpr, name string) bool {
	b, ok := typeutil.Callee(g.info, call).(*types.Builtin)
	return ok && b.Name() == name
}

func (g *Graph) resultType(fn *types.Func, index int) types.Type {
	if res := fn.Signature().Results(); index < res.Len() {
		return res.At(index).Type()
	}
	return nil
}

// enter walks to what f returns as result index, remembering the call.
func (w *walker) enter(f *function, call *ast.CallExpr, index int, ctx *frame) {
	if f == nil || index >= len(f.results) {
		return
	}
	next := frame{call: call, fn: f, parent: ctx}
	if ctx != nil {
		next.depth = ctx.depth + 1
	}
	if next.depth >= maxContext {
		next.parent, next.depth = nil, 0
	}
	inner := w.frames[next]
	if inner == nil {
		inner = &next
		w.frames[next] = inner
	}
	if len(f.returns) == 0 { // no body: assembly or linkname
		w.leaf(f.results[index].Type(), call)
	}
	for _, ret := range f.returns {
		switch {
		case len(ret.Results) == len(f.results):
			w.expr(ret.Results[index], -1, inner)
		case len(ret.Results) == 1:
			w.expr(ret.Results[0], index, inner)
		default:
			w.object(f.results[index], inner)
		}
	}
}
