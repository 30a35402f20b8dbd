package structcast

import (
	"go/ast"
	"go/constant"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// hugeView is the size from which on an array type is the idiom for "as long as
// it is", to be sliced to the true length later.
const hugeView = 1 << 20

// short reports a cast whose view is larger than the buffer that it is laid
// over, where both sizes are known.
func (c *checker) short(cs *cast) bool {
	if cs.sliced || !sizable(cs.target) || c.inTest(cs.conv) {
		return false
	}
	want := c.extent(cs)
	if cs.count != nil {
		n, ok := c.constant(cs.count)
		if !ok {
			return false
		}
		want *= n
	}
	if want > hugeView {
		return false
	}
	have, at, ok := c.bufferSize(cs.operand, 0)
	if !ok || have >= want {
		return false
	}
	c.report.Report(report.Finding{Node: cs.conv, Kind: "short", Message: messages["short"],
		Related: []analysis.RelatedInformation{report.Related(at, "the buffer gets its size here")}})
	return true
}

// extent returns how many bytes of its memory a view touches: all, unless only a
// field is taken of it, or an element or the length of a slice, for which the
// first two words of its header do.
func (c *checker) extent(cs *cast) int64 {
	sizes := c.pass.TypesSizes
	whole := sizes.Sizeof(cs.target)
	_, isSlice := cs.target.Underlying().(*types.Slice)
	isView := func(e ast.Expr) bool { return isSlice && types.Identical(c.pass.TypesInfo.TypeOf(e), cs.target) }
	switch e := cs.read.(type) {
	case *ast.SelectorExpr:
		if end, ok := c.fieldEnd(e, cs.target); ok {
			return end
		}
	case *ast.IndexExpr:
		if isView(e.X) {
			return 2 * sizes.Sizeof(types.Typ[types.Uintptr])
		}
	case *ast.CallExpr:
		if c.isBuiltin(e, "len") && isView(e.Args[0]) {
			return 2 * sizes.Sizeof(types.Typ[types.Uintptr])
		}
	}
	return whole
}

// fieldEnd returns where a field of t ends that e selects.
func (c *checker) fieldEnd(e *ast.SelectorExpr, t types.Type) (int64, bool) {
	sel := c.pass.TypesInfo.Selections[e]
	if sel == nil || sel.Kind() != types.FieldVal || len(sel.Index()) != 1 {
		return 0, false
	}
	recv := sel.Recv()
	if p, ok := recv.Underlying().(*types.Pointer); ok {
		recv = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || !types.Identical(recv, t) {
		return 0, false
	}
	fields := make([]*types.Var, st.NumFields())
	for i := range fields {
		fields[i] = st.Field(i)
	}
	i := sel.Index()[0]
	return c.pass.TypesSizes.Offsetsof(fields)[i] + c.pass.TypesSizes.Sizeof(fields[i].Type()), true
}

func (c *checker) constant(e ast.Expr) (int64, bool) {
	v := c.pass.TypesInfo.Types[e].Value
	if v == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(v))
}

// bufferSize returns how many bytes there are behind a pointer expression, and
// what decides it.
func (c *checker) bufferSize(e ast.Expr, depth int) (size int64, at ast.Node, ok bool) {
	if depth > 6 {
		return 0, nil, false
	}
	e = ast.Unparen(e)
	switch e := e.(type) {
	case *ast.CallExpr:
		if c.pass.TypesInfo.Types[e.Fun].IsType() {
			return c.bufferSize(e.Args[0], depth+1)
		}
		if c.isBuiltin(e, "SliceData") {
			return c.sliceSize(e.Args[0], depth+1)
		}
		return c.allocated(e, depth)
	case *ast.UnaryExpr:
		return c.addressed(e.X, depth)
	case *ast.Ident:
		if isUnsafePointer(c.pass.TypesInfo.TypeOf(e)) || c.isC(e) {
			return c.largest(e, depth, c.bufferSize)
		}
	}
	return 0, nil, false
}

// isC reports whether a variable points to memory of a C type.
func (c *checker) isC(e ast.Expr) bool {
	p, ok := c.pass.TypesInfo.TypeOf(e).Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := p.Elem().(*types.Named)
	return ok && foreignName(named.Obj())
}

// addressed returns the size of the memory at &x: an element of an array or
// slice, or a variable of basic or array type. The address of a field is also
// that of the struct around it, so its size says nothing.
func (c *checker) addressed(x ast.Expr, depth int) (int64, ast.Node, bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.IndexExpr:
		index, ok := c.constant(x.Index)
		elem := c.pass.TypesInfo.TypeOf(x)
		if !ok || !sizable(elem) {
			return 0, nil, false
		}
		size, at, ok := c.sliceSize(x.X, depth+1)
		return size - index*c.pass.TypesSizes.Sizeof(elem), at, ok
	case *ast.Ident:
		v, ok := c.pass.TypesInfo.Uses[x].(*types.Var)
		if !ok || v.IsField() || !sizable(v.Type()) {
			return 0, nil, false
		}
		switch v.Type().Underlying().(type) {
		case *types.Basic, *types.Array:
			return c.pass.TypesSizes.Sizeof(v.Type()), x, true
		}
	}
	return 0, nil, false
}

// sliceSize returns the size of an array variable or of a slice that is only
// ever made with constant lengths.
func (c *checker) sliceSize(e ast.Expr, depth int) (int64, ast.Node, bool) {
	e = ast.Unparen(e)
	t := c.pass.TypesInfo.TypeOf(e)
	if depth > 6 || t == nil {
		return 0, nil, false
	}
	if a, ok := t.Underlying().(*types.Array); ok && sizable(a) {
		if _, isVar := e.(*ast.Ident); isVar {
			return c.pass.TypesSizes.Sizeof(a), e, true
		}
		return 0, nil, false
	}
	switch e := e.(type) {
	case *ast.Ident:
		return c.largest(e, depth, c.sliceSize)
	case *ast.SliceExpr:
		if e.Low == nil && e.High == nil {
			return c.sliceSize(e.X, depth+1)
		}
	case *ast.CallExpr:
		s, isSlice := t.Underlying().(*types.Slice)
		if isSlice && c.isBuiltin(e, "make") && sizable(s.Elem()) {
			n, ok := c.constant(e.Args[len(e.Args)-1]) // the capacity, if there is one
			return n * c.pass.TypesSizes.Sizeof(s.Elem()), e, ok
		}
	}
	return 0, nil, false
}

// largest returns the largest size among the definitions of a local variable,
// if all of them are known.
func (c *checker) largest(id *ast.Ident, depth int, size func(ast.Expr, int) (int64, ast.Node, bool)) (int64, ast.Node, bool) {
	v, ok := c.pass.TypesInfo.Uses[id].(*types.Var)
	if !ok || v.Parent() == c.pass.Pkg.Scope() || v.Parent() == nil {
		return 0, nil, false
	}
	defs, only := c.origins().Definitions(v)
	if !only || len(defs) == 0 {
		return 0, nil, false
	}
	var most int64
	var at ast.Node
	for _, d := range defs {
		n, node, ok := size(d, depth+1)
		if !ok {
			return 0, nil, false
		}
		if at == nil || n > most {
			most, at = n, node
		}
	}
	return most, at, true
}

// allocated returns the size of a C allocation.
func (c *checker) allocated(call *ast.CallExpr, depth int) (int64, ast.Node, bool) {
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok && len(lit.Body.List) > 0 {
		// cgo wraps calls in a literal that returns their result.
		ret, ok := lit.Body.List[len(lit.Body.List)-1].(*ast.ReturnStmt)
		if ok && len(ret.Results) == 1 {
			return c.bufferSize(ret.Results[0], depth+1)
		}
		return 0, nil, false
	}
	fn, _ := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if fn == nil {
		return 0, nil, false
	}
	switch fn.Name() {
	case "_Cfunc__CMalloc", "_Cfunc_malloc":
		n, ok := c.constant(call.Args[0])
		return n, call, ok
	case "_Cfunc_calloc":
		n, ok1 := c.constant(call.Args[0])
		size, ok2 := c.constant(call.Args[1])
		return n * size, call, ok1 && ok2
	}
	return 0, nil, false
}

// sizable reports whether the size of t is known: it depends on no type
// parameter.
func sizable(t types.Type) bool { return sizableIn(t, make(map[types.Type]bool)) }

func sizableIn(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if t == nil || seen[t] {
		return t != nil
	}
	seen[t] = true
	if _, ok := t.(*types.TypeParam); ok {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return sizableIn(u.Elem(), seen)
	case *types.Struct:
		for f := range u.Fields() {
			if !sizableIn(f.Type(), seen) {
				return false
			}
		}
	case *types.Tuple:
		return false
	case *types.Basic:
		return u.Kind() != types.Invalid
	}
	return true
}
