package structcast

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// A cast is a conversion of an unsafe.Pointer to a pointer.
type cast struct {
	conv    *ast.CallExpr
	operand ast.Expr   // the unsafe.Pointer
	target  types.Type // what the new pointer points to
	elem    types.Type // the struct in it that is laid over the memory; nil if none
	fn      *ast.FuncDecl
	// typeParam is set instead of a struct where the target is a type parameter
	// of the enclosing function.
	typeParam *types.TypeParam
	header    *types.Var // Data of a slice header, where the cast goes through one
	sliced    bool       // the result is cut to a length at once
	count     ast.Expr   // length given to unsafe.Slice, if it is
	read      ast.Expr   // what is taken of the view at once: a field, element or length
}

// A view is a struct seen as bytes.
type view struct {
	conv *ast.CallExpr
	elem types.Type
}

// collect finds the casts and views of the package.
func (c *checker) collect(in *inspector.Inspector) {
	in.WithStack([]ast.Node{(*ast.CallExpr)(nil)}, func(n ast.Node, push bool, stack []ast.Node) bool {
		if push {
			c.conversion(n.(*ast.CallExpr), stack)
		}
		return true
	})
}

func (c *checker) conversion(call *ast.CallExpr, stack []ast.Node) {
	info := c.pass.TypesInfo
	if len(call.Args) == 2 {
		c.newAt(call)
		return
	}
	if len(call.Args) != 1 || !info.Types[call.Fun].IsType() || !isUnsafePointer(info.TypeOf(call.Args[0])) {
		return
	}
	ptr, ok := types.Unalias(info.TypeOf(call)).Underlying().(*types.Pointer)
	if !ok {
		return
	}
	if isBytes(ptr.Elem()) {
		if elem := c.pointee(call.Args[0]); elem != nil && !isForeign(c.pass.Pkg, elem) {
			c.views = append(c.views, &view{call, elem})
		}
		// Have: bytes. They may still be more than there are.
	}
	cs := &cast{conv: call, operand: call.Args[0], target: ptr.Elem()}
	cs.elem = structIn(ptr.Elem())
	if cs.elem != nil && isForeign(c.pass.Pkg, cs.elem) {
		cs.elem = nil
	}
	c.throughHeader(cs)
	cs.context(info, stack)
	if tp, ok := types.Unalias(ptr.Elem()).(*types.TypeParam); ok && cs.fn != nil {
		cs.typeParam, cs.elem = tp, tp
	}
	c.casts = append(c.casts, cs)
}

// newAt notes reflect.NewAt(reflect.TypeFor[T](), p), a cast in other words.
func (c *checker) newAt(call *ast.CallExpr) {
	fn := calleeOf(c.pass.TypesInfo, call)
	of, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr)
	if !ok || fn == nil || fn.FullName() != "reflect.NewAt" {
		return
	}
	var t types.Type
	switch maker := calleeOf(c.pass.TypesInfo, of); {
	case maker == nil:
	case maker.FullName() == "reflect.TypeOf":
		t = c.pass.TypesInfo.TypeOf(of.Args[0])
	case maker.FullName() == "reflect.TypeFor":
		if args := c.pass.TypesInfo.Instances[calledIdent(of)].TypeArgs; args != nil {
			t = args.At(0)
		}
	}
	if t == nil {
		return
	}
	cs := &cast{conv: call, operand: call.Args[1], target: t}
	if elem := structIn(t); elem != nil && !isForeign(c.pass.Pkg, elem) {
		cs.elem = elem
	}
	c.casts = append(c.casts, cs)
}

// throughHeader notes the two ways to make a []T of bytes by a slice header:
// *(*[]T)(unsafe.Pointer(&header)), and (*reflect.SliceHeader)(unsafe.Pointer(&ts))
// whose Data is set.
func (c *checker) throughHeader(cs *cast) {
	_, t := c.pointed(cs.operand)
	if t == nil {
		return
	}
	if data := headerData(t); data != nil && cs.elem != nil {
		cs.header = data
		return
	}
	_, isSlice := t.Underlying().(*types.Slice)
	if data := headerData(cs.target); data != nil && isSlice {
		if elem := structIn(t); elem != nil && !isForeign(c.pass.Pkg, elem) {
			cs.elem, cs.header = elem, data
		}
	}
}

// headerData returns the field Data of reflect.SliceHeader.
func headerData(t types.Type) *types.Var {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != "reflect" || named.Obj().Name() != "SliceHeader" {
		return nil
	}
	return named.Underlying().(*types.Struct).Field(0)
}

// context notes the function around a cast and what is done with its result.
func (cs *cast) context(info *types.Info, stack []ast.Node) {
	for _, n := range stack {
		if decl, ok := n.(*ast.FuncDecl); ok {
			cs.fn = decl
		}
	}
	for _, n := range slices.Backward(stack[:len(stack)-1]) {
		switch n := n.(type) {
		case *ast.ParenExpr:
			continue
		case *ast.SliceExpr:
			cs.sliced = true
		case *ast.CallExpr:
			if b, ok := typeutil.Callee(info, n).(*types.Builtin); ok && b.Name() == "Slice" && n.Args[0] == cs.conv {
				cs.count = n.Args[1]
			}
		}
		break
	}
	cs.read = readOf(stack)
}

// readOf returns the expression that takes a part of what the conversion on top
// of the stack points to, nil if it is used whole.
func readOf(stack []ast.Node) ast.Expr {
	from := stack[len(stack)-1]
	for _, n := range slices.Backward(stack[:len(stack)-1]) {
		switch n := n.(type) {
		case *ast.ParenExpr, *ast.StarExpr:
			from = n
			continue
		case *ast.SelectorExpr:
			return n
		case *ast.IndexExpr:
			if n.X == from {
				return n
			}
		case *ast.CallExpr:
			if len(n.Args) == 1 && n.Args[0] == from {
				return n
			}
		}
		break
	}
	return nil
}

// pointee returns the struct whose address an unsafe.Pointer operand is made
// of, if it is made right there.
func (c *checker) pointee(operand ast.Expr) types.Type {
	_, t := c.pointed(operand)
	if t == nil {
		return nil
	}
	return structIn(t)
}

// pointed returns the expression that is converted to the unsafe.Pointer
// operand, and what it points to; nil when that is not seen.
func (c *checker) pointed(operand ast.Expr) (ast.Expr, types.Type) {
	info := c.pass.TypesInfo
	for range 3 {
		operand = ast.Unparen(operand)
		if call, ok := operand.(*ast.CallExpr); ok {
			if len(call.Args) != 1 || !info.Types[call.Fun].IsType() {
				return nil, nil
			}
			if p, ok := info.TypeOf(call.Args[0]).Underlying().(*types.Pointer); ok {
				return call.Args[0], p.Elem()
			}
			return nil, nil
		}
		v, _ := c.origins().Root(operand).(*types.Var)
		if _, isIdent := operand.(*ast.Ident); v == nil || !isIdent {
			return nil, nil
		}
		defs, ok := c.origins().Definitions(v)
		if !ok || len(defs) != 1 {
			return nil, nil
		}
		operand = defs[0]
	}
	return nil, nil
}

func isUnsafePointer(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.UnsafePointer
}

// isBytes reports whether t is byte or an array of bytes.
func isBytes(t types.Type) bool {
	if a, ok := t.Underlying().(*types.Array); ok {
		t = a.Elem()
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && (b.Kind() == types.Uint8 || b.Kind() == types.Int8)
}

// structIn returns the struct that memory of type t consists of: t itself, or
// the element of arrays and, through their header, of slices.
func structIn(t types.Type) types.Type {
	switch u := types.Unalias(t).Underlying().(type) {
	case *types.Struct:
		if _, isParam := types.Unalias(t).(*types.TypeParam); !isParam {
			return t
		}
	case *types.Array:
		return structIn(u.Elem())
	case *types.Slice:
		return structIn(u.Elem())
	}
	return nil
}

func (c *checker) isBuiltin(call *ast.CallExpr, name string) bool {
	b, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Builtin)
	return ok && b.Name() == name
}
