package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// Func is a function with a body in the package: declared or literal.
type Func struct {
	Obj    *types.Func   // nil for a literal
	Decl   *ast.FuncDecl // nil for a literal
	Lit    *ast.FuncLit  // nil for a declaration
	Parent *Func         // function around a literal; nil for a declaration or a package-level literal
	Calls  []*Call       // calls in the body in source order, those in nested literals left out

	Triggers []*Trigger // receives in the body that start a reaction, outermost first
	contexts []Context
}

// Body is the body of the function; never nil.
func (f *Func) Body() *ast.BlockStmt {
	if f.Decl != nil {
		return f.Decl.Body
	}
	return f.Lit.Body
}

// Type is the signature of the function in the syntax.
func (f *Func) Type() *ast.FuncType {
	if f.Decl != nil {
		return f.Decl.Type
	}
	return f.Lit.Type
}

// Pos and End make a Func an [analysis.Range] that covers its name, or the
// keyword of a literal.
func (f *Func) Pos() token.Pos {
	if f.Decl != nil {
		return f.Decl.Name.Pos()
	}
	return f.Lit.Pos()
}

// End is the end of the range that Pos begins.
func (f *Func) End() token.Pos {
	if f.Decl != nil {
		return f.Decl.Name.End()
	}
	return f.Lit.Type.End()
}

// String is the name of the function for messages.
func (f *Func) String() string {
	if f.Obj != nil {
		return f.Obj.Name()
	}
	return "func literal"
}

// Outermost returns the declared function around f, f itself if declared, or
// the outermost literal of a package-level initializer.
func (f *Func) Outermost() *Func {
	for f.Parent != nil {
		f = f.Parent
	}
	return f
}

// Mode says how a call statement runs its callee.
type Mode int

// The ways to call.
const (
	Plain Mode = iota
	Deferred
	Go
)

// Call is one call expression and what it may run.
type Call struct {
	Expr   *ast.CallExpr
	In     *Func
	Mode   Mode
	Static *types.Func   // the function or method that the call names (origin of a generic one), or nil
	Funcs  []*Func       // bodies in this package that the call may run
	Named  []*types.Func // functions without a body here that the call may run; Static is among them if it has none
}

// Pos and End make a Call an [analysis.Range].
func (c *Call) Pos() token.Pos { return c.Expr.Pos() }

// End is the end of the call expression.
func (c *Call) End() token.Pos { return c.Expr.End() }

// Roles returns what the model knows about the functions that c may run.
func (c *Call) Roles() []Role {
	var roles []Role
	for _, fn := range c.Named {
		roles = append(roles, Roles(fn)...)
	}
	return roles
}

// Has reports whether the model gives verb to a function that c may run, and
// with which object.
func (c *Call) Has(verb string) (object string, ok bool) {
	for _, r := range c.Roles() {
		if r.Verb == verb {
			return r.Object, true
		}
	}
	return "", false
}

// Funcs returns the functions with a body in the package, in source order; a
// literal comes after the function around it.
func (p *Package) Funcs() []*Func {
	p.graphOnce.Do(p.buildGraph)
	return p.funcs
}

// FuncOf returns the function of the package that obj names, or nil.
func (p *Package) FuncOf(obj *types.Func) *Func {
	p.Funcs()
	return p.byObj[obj.Origin()]
}

// ValuesOf returns the functions that the function-typed expression e may hold:
// those with a body in this package, and others by name.
func (p *Package) ValuesOf(e ast.Expr) ([]*Func, []*types.Func) {
	p.Funcs()
	set := p.values.of(e)
	return set.funcs, set.named
}

func (p *Package) buildGraph() {
	p.byObj = make(map[*types.Func]*Func)
	p.methods = make(map[string][]*Func)
	p.calls = make(map[*ast.CallExpr]*Call)
	p.values = newValues(p)
	for _, file := range p.pass.Files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Body == nil {
					continue
				}
				obj, _ := p.pass.TypesInfo.Defs[decl.Name].(*types.Func)
				f := &Func{Obj: obj, Decl: decl}
				if obj != nil {
					p.byObj[obj] = f
				}
				if obj != nil && decl.Recv != nil {
					p.methods[obj.Name()] = append(p.methods[obj.Name()], f)
				}
				p.addFunc(f)
			case *ast.GenDecl:
				p.addBodies(decl, nil)
			}
		}
	}
	p.values.index()
	for _, f := range p.funcs {
		for _, c := range f.Calls {
			p.resolve(c)
		}
	}
	p.signals = p.notified()
	for _, f := range p.funcs {
		f.Triggers = p.triggersOf(f, p.signals)
	}
}

// CallAt returns the call of the package that e is, or nil.
func (p *Package) CallAt(e *ast.CallExpr) *Call {
	p.Funcs()
	return p.calls[e]
}

// addFunc adds f and the literals in its body.
func (p *Package) addFunc(f *Func) {
	p.funcs = append(p.funcs, f)
	p.addBodies(f.Body(), f)
}

// addBodies records the calls under n as calls of f, if any, and adds the
// literals under n as functions of their own.
func (p *Package) addBodies(n ast.Node, f *Func) {
	modes := make(map[*ast.CallExpr]Mode)
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			lit := &Func{Lit: n, Parent: f}
			p.values.lits[n] = lit
			p.addFunc(lit)
			return false
		case *ast.GoStmt:
			modes[n.Call] = Go
		case *ast.DeferStmt:
			modes[n.Call] = Deferred
		case *ast.CallExpr:
			if f != nil && !p.isConversion(n) {
				c := &Call{Expr: n, In: f, Mode: modes[n]}
				f.Calls = append(f.Calls, c)
				p.calls[n] = c
			}
		}
		return true
	})
}

func (p *Package) isConversion(call *ast.CallExpr) bool {
	tv, ok := p.pass.TypesInfo.Types[call.Fun]
	return ok && tv.IsType()
}

// resolve finds what c may run.
func (p *Package) resolve(c *Call) {
	if fn, ok := typeutil.Callee(p.pass.TypesInfo, c.Expr).(*types.Func); ok {
		c.Static = fn.Origin()
	}
	set := p.values.of(c.Expr.Fun)
	c.Funcs, c.Named = set.funcs, set.named
}

// implementation returns the method of the only type in the package that
// implements the interface method m, when the package declares the interface;
// otherwise nil.
func (p *Package) implementation(m *types.Func) *types.Func {
	if m.Pkg() != p.pass.Pkg {
		return nil
	}
	recv := m.Signature().Recv()
	if recv == nil {
		return nil
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	var found *types.Func
	scope := p.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() || types.IsInterface(tn.Type()) {
			continue
		}
		named, ok := tn.Type().(*types.Named)
		if !ok || named.TypeParams().Len() > 0 {
			continue
		}
		ptr := types.NewPointer(named)
		if !types.Implements(ptr, iface) {
			continue
		}
		if found != nil {
			return nil
		}
		obj, _, _ := types.LookupFieldOrMethod(ptr, true, p.pass.Pkg, m.Name())
		found, _ = obj.(*types.Func)
		if found == nil || types.IsInterface(found.Signature().Recv().Type()) {
			return nil // a struct that embeds an interface implements it by anything
		}
	}
	return found
}
