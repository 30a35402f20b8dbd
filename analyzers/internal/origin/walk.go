package origin

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A frame is a call that the walk entered by one of its results.
type frame struct {
	call   *ast.CallExpr
	fn     *function
	parent *frame
	depth  int
}

type visit struct {
	at    any // ast.Node or types.Object
	index int
	ctx   *frame
}

type emitted struct {
	kind Kind
	node ast.Node
}

type walker struct {
	g       *Graph
	seen    map[visit]bool
	emitted map[emitted]bool
	frames  map[frame]*frame // interned, so that visits compare
	steps   int
	Result
}

func (w *walker) first(at any, index int, ctx *frame) bool {
	v := visit{at, index, ctx}
	if w.seen[v] {
		return false
	}
	w.seen[v] = true
	w.steps++
	if w.steps > maxSteps {
		w.Cut = true
		return false
	}
	return true
}

func (w *walker) emit(kind Kind, node ast.Node, handle types.Object) {
	k := emitted{kind, node}
	if w.emitted[k] {
		return
	}
	w.emitted[k] = true
	w.Sources = append(w.Sources, Source{kind, node, handle})
}

// expr walks back from e, or from result index of the call e.
func (w *walker) expr(e ast.Expr, index int, ctx *frame) {
	e = ast.Unparen(e)
	if !w.first(e, index, ctx) {
		return
	}
	w.nodes[e] = true
	switch e := e.(type) {
	case *ast.Ident:
		w.ident(e, ctx)
	case *ast.SelectorExpr:
		w.selector(e, ctx)
	case *ast.StarExpr:
		w.expr(e.X, -1, ctx)
	case *ast.UnaryExpr:
		w.expr(e.X, -1, ctx)
	case *ast.SliceExpr:
		w.expr(e.X, -1, ctx)
	case *ast.IndexExpr:
		w.expr(e.X, -1, ctx)
	case *ast.TypeAssertExpr:
		w.expr(e.X, -1, ctx)
	case *ast.BinaryExpr:
		w.arithmetic(e, ctx)
	case *ast.CompositeLit:
		w.composite(e, ctx)
	case *ast.CallExpr:
		w.call(e, max(index, 0), ctx)
	}
}

// arithmetic walks to the operands of an address computation that can be
// addresses; integers converted to uintptr are offsets.
func (w *walker) arithmetic(e *ast.BinaryExpr, ctx *frame) {
	switch e.Op {
	case token.ADD, token.SUB, token.AND, token.AND_NOT:
	default:
		return
	}
	for i, x := range []ast.Expr{e.X, e.Y} {
		if i == 1 && e.Op != token.ADD || w.g.offset(x) {
			continue
		}
		w.expr(x, -1, ctx)
	}
}

// offset reports whether e is an integer, converted to uintptr or not.
func (g *Graph) offset(e ast.Expr) bool {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 1 && g.info.Types[call.Fun].IsType() {
		e = call.Args[0]
	}
	b, ok := g.coreType(e).(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0 && b.Kind() != types.Uintptr
}

func (w *walker) ident(id *ast.Ident, ctx *frame) {
	switch obj := w.g.object(id).(type) {
	case *types.Var:
		w.object(obj.Origin(), ctx)
	case *types.Const:
		w.emit(Memory, id, nil)
	}
}

// selector walks to a field, by its declaration, or to a variable of another
// package.
func (w *walker) selector(sel *ast.SelectorExpr, ctx *frame) {
	v, ok := w.g.info.Uses[sel.Sel].(*types.Var)
	if !ok {
		return
	}
	if r := rows()[w.g.valueName(sel, v)]; r != nil && r.out.what == "value" {
		w.emit(r.kind, sel, v)
		return
	}
	if v.Pkg() != nil && v.Pkg() != w.g.pkg {
		if kind := w.g.external(v.Origin(), 0); kind != "" {
			w.emit(kind, sel, nil)
			return
		}
	}
	w.object(v.Origin(), nil)
	if v.IsField() && inline(v.Type()) {
		// A part of a value that was laid over bytes is of those bytes.
		w.expr(sel.X, -1, ctx)
	}
}

// inline reports whether a value of type t lies inside the struct that has it as
// a field, so that its address is inside too.
func inline(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array, *types.Basic:
		return true
	}
	return false
}

// valueName is the name of a variable or field as producers.txt writes it.
func (g *Graph) valueName(sel *ast.SelectorExpr, v *types.Var) string {
	if v.Pkg() == nil || v.Pkg() == g.pkg {
		return ""
	}
	if !v.IsField() {
		return v.Pkg().Path() + "." + v.Name()
	}
	t := g.info.TypeOf(sel.X)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	return types.TypeString(t, nil) + "." + v.Name()
}

// object walks to everything that a variable or field is assigned.
func (w *walker) object(obj types.Object, ctx *frame) {
	if p, isParam := w.g.params[obj]; isParam {
		w.param(obj, p, ctx)
		return
	}
	if v, ok := obj.(*types.Var); ok && (v.IsField() || v.Parent() == w.g.pkg.Scope()) {
		ctx = nil // shared by all callers
	}
	if !w.first(obj, -1, ctx) {
		return
	}
	w.Objects[obj] = true
	w.definitions(obj, ctx)
	if len(w.g.defs[obj]) == 0 && obj.Pkg() != w.g.pkg {
		w.leaf(obj.Type(), w.g.identOf(obj))
	}
}

func (w *walker) definitions(obj types.Object, ctx *frame) {
	for _, d := range w.g.defs[obj] {
		if d.fill == nil {
			w.expr(d.expr, d.index, ctx)
			continue
		}
		if call := d.expr.(*ast.CallExpr); w.first(call, -2, nil) {
			w.nodes[call] = true
			w.produce(d.fill, call, nil)
		}
	}
}

// param walks to the arguments of the call that the walk came in by or, when it
// did not come by one, of all calls.
func (w *walker) param(obj types.Object, p param, ctx *frame) {
	if !w.first(obj, -1, ctx) {
		return
	}
	w.Objects[obj] = true
	w.definitions(obj, ctx) // assigned in the body
	for f := ctx; f != nil; f = f.parent {
		if f.fn == p.fn && f.call == nil { // started here by Results
			w.external(obj, p)
			return
		}
		if f.fn == p.fn {
			if arg := argument(f.call, p.index); arg != nil {
				w.expr(arg, -1, f.parent)
			}
			return
		}
	}
	calls := w.g.callsOf(p.fn)
	for _, call := range calls {
		if arg := argument(call, p.index); arg != nil {
			w.expr(arg, -1, nil)
		}
	}
	if len(calls) == 0 || w.g.open(p.fn) {
		w.external(obj, p)
	}
}

// external ends a walk at a parameter that callers elsewhere set.
func (w *walker) external(obj types.Object, p param) {
	if v, ok := obj.(*types.Var); ok {
		w.Params[v] = true
	}
	w.leaf(obj.Type(), p.fn.node)
}

// open reports whether calls of f may exist that the package does not show.
func (g *Graph) open(f *function) bool {
	return f.obj == nil || f.obj.Exported() || g.escaped[f]
}

// leaf ends a walk at a value of unknown make; its type may still tell.
func (w *walker) leaf(t types.Type, node ast.Node) {
	if node != nil {
		w.emit(typeKind(t), node, nil)
	}
}

// identOf returns a node to show for an object of another package.
func (g *Graph) identOf(obj types.Object) ast.Node {
	return &ast.Ident{NamePos: obj.Pos(), Name: obj.Name()}
}

func (w *walker) composite(lit *ast.CompositeLit, ctx *frame) {
	w.emit(Memory, lit, nil)
	if _, ok := w.g.coreType(lit).(*types.Struct); ok {
		return // fields are walked by their declaration
	}
	for _, elt := range lit.Elts {
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			elt = kv.Value
		}
		if _, basic := w.g.coreType(elt).(*types.Basic); !basic {
			w.expr(elt, -1, ctx)
		}
	}
}
