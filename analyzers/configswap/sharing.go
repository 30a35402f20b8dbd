package configswap

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// sharing knows which types have objects that live as long as the service and
// that many requests or goroutines see, unlike the objects of one request.
type sharing struct {
	c        *checker
	types    map[*types.TypeName]bool // of long-lived objects and what they hold
	services map[*types.TypeName]bool // of those alone
	requests map[*types.TypeName]bool // see ofRequest
}

func newSharing(c *checker) *sharing {
	s := &sharing{c: c, types: make(map[*types.TypeName]bool), services: make(map[*types.TypeName]bool),
		requests: make(map[*types.TypeName]bool)}
	for _, r := range c.life.Roots() {
		if r.Kind != lifecycle.Handler && (r.Kind != lifecycle.Goroutine || r.Many) {
			continue
		}
		// The method itself, or the method around a literal that uses its receiver
		// as long as the service runs.
		f := r.Entry.Outermost()
		if t := receiverType(f); t != nil && (f == r.Entry || reacts(r.Entry) && c.usesReceiver(r.Entry, f)) {
			s.services[t] = true
			s.add(f.Obj.Signature().Recv().Type())
		}
	}
	for _, cell := range c.state.Cells {
		if cell.Owner == access.PackageVar || cell.Owner == access.Captured && s.declaredAtStart(cell.Var) {
			s.add(cell.Var.Type())
		}
	}
	return s
}

// reacts reports whether f waits for signals, file events or ticks: a goroutine
// of the service, not a helper of one call.
func reacts(f *lifecycle.Func) bool {
	return slices.ContainsFunc(f.Triggers, func(t *lifecycle.Trigger) bool { return t.Kind != lifecycle.Message })
}

// usesReceiver reports whether the literal f uses the receiver of the method
// around it.
func (c *checker) usesReceiver(f, method *lifecycle.Func) bool {
	vars := make(map[types.Object]bool)
	for _, name := range method.Decl.Recv.List[0].Names {
		vars[c.pass.TypesInfo.Defs[name]] = true
	}
	return c.usesAny(f.Body(), vars)
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
		contexts := s.c.state.Contexts(f)
		if len(contexts) >= lifecycle.MaxContexts {
			return true // a helper of everybody
		}
		for _, ctx := range contexts {
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

// registered reports whether the function that declares v hands a literal around
// it to a handler or goroutine.
func (s *sharing) registered(v *types.Var) bool {
	for _, r := range s.c.life.Roots() {
		if r.In != nil && r.Entry.Lit != nil && r.In.Body().Pos() <= v.Pos() && v.Pos() < r.In.Body().End() {
			return true
		}
	}
	return false
}

// holds reports whether the object that an access touches is shared by
// requests.
func (s *sharing) holds(a *access.Access) bool {
	switch a.Cell.Owner {
	case access.PackageVar:
		return true
	case access.Captured:
		return s.declaredAtStart(a.Cell.Var) || !s.perRequest(a.Cell.Var) && s.registered(a.Cell.Var)
	}
	return s.denotes(a.Base, a.In, maxHops)
}

// maxHops bounds how far an object is followed from parameter to argument.
const maxHops = 4

// denotes reports whether the object that e denotes in f is shared.
func (s *sharing) denotes(e ast.Expr, f *lifecycle.Func, hops int) bool {
	for {
		if s.ofRequest(s.c.pass.TypesInfo.TypeOf(e)) {
			return false
		}
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			if s.c.pass.TypesInfo.Selections[x] == nil {
				return true // a variable of another package
			}
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.UnaryExpr:
			e = x.X
		case *ast.Ident:
			return s.variable(x, f, hops)
		default:
			return false
		}
	}
}

// variable reports whether the object behind a variable is long-lived: a
// package-level variable, one captured from outside the request, the receiver of
// a root's method, or a parameter that some caller fills with such an object.
func (s *sharing) variable(id *ast.Ident, in *lifecycle.Func, hops int) bool {
	v, ok := s.c.pass.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok {
		return false
	}
	if !isLocal(v) {
		return true
	}
	if s.receives(in.Outermost(), v, hops) {
		return true
	}
	return in.Lit != nil && (v.Pos() < in.Lit.Pos() || v.Pos() >= in.Lit.End()) && s.declaredAtStart(v)
}

// receives reports whether v is a receiver or parameter of f that holds a
// shared object.
func (s *sharing) receives(f *lifecycle.Func, v *types.Var, hops int) bool {
	if f.Decl == nil || hops == 0 {
		return false
	}
	index, ok := s.parameter(f, v)
	if !ok {
		return false
	}
	if index < 0 && s.rootHolds(f) {
		return true
	}
	for _, call := range s.c.callers()[f] {
		if arg := passedFor(call, index); arg != nil && s.denotes(arg, call.In, hops-1) {
			return true
		}
	}
	return false
}

// passedFor returns what a call passes for a parameter, nil if that is not seen.
func passedFor(call *lifecycle.Call, index int) ast.Expr {
	switch {
	case index >= len(call.Expr.Args):
		return nil
	case index >= 0:
		return call.Expr.Args[index]
	}
	if sel, ok := ast.Unparen(call.Expr.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
}

// parameter returns the index of v among the parameters of f, -1 for its
// receiver.
func (s *sharing) parameter(f *lifecycle.Func, v *types.Var) (int, bool) {
	if recv := f.Decl.Recv; recv != nil {
		for _, name := range recv.List[0].Names {
			if s.c.pass.TypesInfo.Defs[name] == v {
				return -1, true
			}
		}
	}
	i := 0
	for _, field := range f.Type().Params.List {
		for _, name := range field.Names {
			if s.c.pass.TypesInfo.Defs[name] == v {
				return i, true
			}
			i++
		}
	}
	return 0, false
}

// rootHolds reports whether f is a root whose receiver is long-lived. Callers
// outside the package may call an exported method on any object of its type, so
// there the type itself must be that of a service.
func (s *sharing) rootHolds(f *lifecycle.Func) bool {
	t := receiverType(f)
	for _, ctx := range s.c.state.Contexts(f) {
		if ctx.Root.Entry != f {
			continue
		}
		if s.services[t] || s.types[t] && ctx.Root.Kind != lifecycle.Exported {
			return true
		}
	}
	return false
}
