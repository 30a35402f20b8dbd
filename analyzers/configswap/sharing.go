package configswap

import (
	"go/ast"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// sharing knows which types have objects that live as long as the service and
// that many requests or goroutines see, unlike the objects of one request.
type sharing struct {
	c     *checker
	types map[*types.TypeName]bool
}

func newSharing(c *checker) *sharing {
	s := &sharing{c: c, types: make(map[*types.TypeName]bool)}
	for _, r := range c.life.Roots() {
		if r.Entry.Obj == nil || r.Kind != lifecycle.Handler && r.Kind != lifecycle.Goroutine || r.Many && r.Kind == lifecycle.Goroutine {
			continue
		}
		if recv := r.Entry.Obj.Signature().Recv(); recv != nil {
			s.add(recv.Type())
		}
	}
	for _, cell := range c.state.Cells {
		if cell.Owner == access.PackageVar || cell.Owner == access.Captured && s.declaredAtStart(cell.Var) {
			s.add(cell.Var.Type())
		}
	}
	return s
}

// add marks the type of a long-lived object and those of the objects that it
// holds directly.
func (s *sharing) add(t types.Type) {
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() != s.c.pass.Pkg || s.types[named.Origin().Obj()] {
		return
	}
	s.types[named.Origin().Obj()] = true
	if st, ok := named.Underlying().(*types.Struct); ok {
		for i := range st.NumFields() {
			s.add(st.Field(i).Type())
		}
	}
}

// perRequest reports whether v is declared in a function that runs once per
// request or message.
func (s *sharing) perRequest(v *types.Var) bool {
	for _, f := range s.c.life.Funcs() {
		if f.Type().Pos() > v.Pos() || v.Pos() >= f.Body().End() {
			continue
		}
		for _, ctx := range s.c.state.Contexts(f) {
			if ctx.Root.Many && ctx.Root.Kind != lifecycle.Exported || ctx.Trigger != nil {
				return true
			}
		}
	}
	return false
}

// declaredAtStart reports whether v is declared in a function that only the
// program's start runs.
func (s *sharing) declaredAtStart(v *types.Var) bool {
	for _, f := range s.c.life.Funcs() {
		if f.Type().Pos() > v.Pos() || v.Pos() >= f.Body().End() {
			continue
		}
		for _, ctx := range s.c.state.Contexts(f) {
			if !isStart(ctx) {
				return false
			}
		}
	}
	return true
}

// holds reports whether the object that an access touches is shared by
// requests.
func (s *sharing) holds(a *access.Access) bool {
	switch a.Cell.Owner {
	case access.PackageVar:
		return true
	case access.Captured:
		return !s.perRequest(a.Cell.Var)
	}
	for e := a.Base; ; {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			if s.c.pass.TypesInfo.Selections[x] == nil {
				return true // a variable of another package
			}
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.Ident:
			return s.variable(x, a.In)
		default:
			return false
		}
	}
}

// variable reports whether the object behind a variable is long-lived: a
// package-level variable, one captured from outside the request, or the
// receiver of a method of a long-lived type.
func (s *sharing) variable(id *ast.Ident, in *lifecycle.Func) bool {
	v, ok := s.c.pass.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok {
		return false
	}
	if v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		return true
	}
	if in.Lit != nil && (v.Pos() < in.Lit.Pos() || v.Pos() >= in.Lit.End()) && !s.perRequest(v) {
		return true
	}
	decl := in.Outermost().Decl
	if decl == nil || decl.Recv == nil || len(decl.Recv.List[0].Names) == 0 || s.c.pass.TypesInfo.Defs[decl.Recv.List[0].Names[0]] != v {
		return false
	}
	t := v.Type()
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && s.types[named.Origin().Obj()]
}
