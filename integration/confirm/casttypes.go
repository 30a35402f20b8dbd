package confirm

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/hotvet/hotvet/integration/finding"
)

// at returns the call at a place: the one that ends at end, or else, of those that
// begin at the place, the shortest that may cast, or the first on the line that does.
func (c *caster) at(posn, end finding.Position) *found {
	file := c.absolute(posn.File)
	var exact, begins, casts, calls *found
	for _, p := range c.pkgs {
		for _, f := range p.Syntax {
			if p.Fset.Position(f.Package).Filename != file {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				from, to := p.Fset.Position(call.Pos()), p.Fset.Position(call.End())
				if from.Line != posn.Line || from.Filename != file {
					return true
				}
				this := &found{call: call, pkg: p}
				this.path, _ = astutil.PathEnclosingInterval(f, call.Pos(), call.End())
				begin := from.Column == posn.Column
				if begin && to.Line == end.Line && to.Column == end.Column {
					exact = this
				}
				if begin && c.mayCast(this) {
					begins = this
				}
				if casts == nil && (c.isConversion(this) || this.isNewAt()) {
					casts = this
				}
				if calls == nil && c.mayCast(this) {
					calls = this
				}
				return true
			})
		}
	}
	for _, f := range []*found{exact, begins, casts, calls} {
		if f != nil {
			return f
		}
	}
	return nil
}

// mayCast reports whether a call casts, returns a struct, or has a view of one among
// its arguments.
func (c *caster) mayCast(at *found) bool {
	named := structIn(firstResult(at.pkg.TypesInfo.TypeOf(at.call)))
	return c.isConversion(at) || at.isNewAt() || named != nil && c.own(named) || c.viewIn(at) != nil
}

// viewIn returns the view of a struct as bytes among the arguments of a call.
func (c *caster) viewIn(at *found) (view *found) {
	for _, arg := range at.call.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && view == nil {
				v := &found{call: call, pkg: at.pkg, path: at.path}
				if operand, t := c.viewed(v); c.isConversion(v) && operand != nil && structIn(t) != nil {
					view = v
				}
			}
			return view == nil
		})
	}
	return view
}

// isConversion reports whether a call converts an unsafe.Pointer to a pointer.
func (c *caster) isConversion(at *found) bool {
	info := at.pkg.TypesInfo
	if len(at.call.Args) != 1 || !info.Types[at.call.Fun].IsType() {
		return false
	}
	b, ok := info.TypeOf(at.call.Args[0]).Underlying().(*types.Basic)
	_, ptr := info.TypeOf(at.call).Underlying().(*types.Pointer)
	return ok && ptr && b.Kind() == types.UnsafePointer
}

func (at *found) isNewAt() bool {
	sel, ok := ast.Unparen(at.call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := at.pkg.TypesInfo.Uses[sel.Sel].(*types.Func)
	return ok && fn.FullName() == "reflect.NewAt"
}

// castStruct returns the struct that a cast lays over memory, and the expression
// that points to it: the cast itself, or what is cast where a value of another
// module is made of a struct of the program.
func (c *caster) castStruct(at *found) (*types.Named, ast.Expr) {
	info := at.pkg.TypesInfo
	if !at.isNewAt() {
		named := structIn(info.TypeOf(at.call))
		if named == nil || !c.own(named) {
			if operand, t := c.viewed(at); structIn(t) != nil && c.own(structIn(t)) {
				return structIn(t), operand
			}
		}
		return named, at.call
	}
	of, ok := ast.Unparen(at.call.Args[0]).(*ast.CallExpr)
	if !ok {
		return nil, nil
	}
	if len(of.Args) == 1 {
		return structIn(info.TypeOf(of.Args[0])), at.call
	}
	if index, ok := of.Fun.(*ast.IndexExpr); ok {
		return structIn(info.TypeOf(index.Index)), at.call
	}
	return nil, nil
}

// viewed returns the pointer that is converted to an unsafe.Pointer and then to
// what the call converts to, and what it points to.
func (c *caster) viewed(at *found) (ast.Expr, types.Type) {
	if len(at.call.Args) != 1 {
		return nil, nil
	}
	inner, ok := ast.Unparen(at.call.Args[0]).(*ast.CallExpr)
	if !ok || len(inner.Args) != 1 || !at.pkg.TypesInfo.Types[inner.Fun].IsType() {
		return nil, nil
	}
	p, ok := at.pkg.TypesInfo.TypeOf(inner.Args[0]).Underlying().(*types.Pointer)
	if !ok {
		return nil, nil
	}
	return inner.Args[0], p.Elem()
}

// own reports whether a type is declared in the program's own module.
func (c *caster) own(named *types.Named) bool {
	pkg := named.Obj().Pkg()
	return pkg != nil && slices.Contains(c.target.Packages, pkg.Path())
}

func firstResult(t types.Type) types.Type {
	if tuple, ok := t.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return nil
		}
		return tuple.At(0).Type()
	}
	return t
}

// structIn returns the named struct in t: t itself, what it points to, or the
// element of arrays and slices.
func structIn(t types.Type) *types.Named {
	for range 5 {
		if t == nil {
			return nil
		}
		t = types.Unalias(t)
		switch u := t.Underlying().(type) {
		case *types.Struct:
			named, _ := t.(*types.Named)
			return named
		case *types.Pointer:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		default:
			return nil
		}
	}
	return nil
}

func sameStruct(a, b *types.Named) bool {
	return a != nil && b != nil && a.Origin().Obj() == b.Origin().Obj()
}

func sliceHeader(t types.Type) bool {
	p, ok := types.Unalias(t).Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "reflect" && named.Obj().Name() == "SliceHeader"
}
