package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// RootKind is how a function comes to run without a caller in the package.
type RootKind int

// The kinds of roots.
const (
	Main      RootKind = iota // main.main
	Init                      // an init function or a package-level initializer
	Goroutine                 // a go statement, or a function that starts one (errgroup.Go)
	Handler                   // serves requests: many at once
	Reload                    // called when the configuration changed (viper.OnConfigChange)
	Exported                  // callers outside the package
	Callback                  // stored where some other package may call it
)

// Root is an entry into the package and, for a goroutine, where it starts.
type Root struct {
	Kind  RootKind
	Entry *Func
	Site  ast.Node // go statement's call or registration; nil for Main, Init, Exported
	In    *Func    // function that holds Site
	Many  bool     // may run several times at once
}

// Context is a way in which a function runs: under which root, and in answer to
// which innermost trigger (nil for none).
type Context struct {
	Root    *Root
	Trigger *Trigger
}

// MaxContexts bounds the contexts of one function; more would say nothing new.
const MaxContexts = 64

// Roots returns the entries of the package.
func (p *Package) Roots() []*Root {
	p.contextsOnce.Do(p.computeContexts)
	return p.roots
}

// Contexts returns the ways in which f may run; none when nothing in the
// package calls it and nobody else can.
func (p *Package) Contexts(f *Func) []Context {
	p.Roots()
	return f.contexts
}

// ContextsAt returns the ways in which the code of f at pos may run.
func (p *Package) ContextsAt(f *Func, pos token.Pos) []Context {
	list := p.Contexts(f)
	t := f.TriggerAt(pos)
	if t == nil {
		return list
	}
	at := make([]Context, 0, len(list))
	for _, c := range list {
		at = append(at, Context{c.Root, t})
	}
	return at
}

// Runs returns the functions of the package that c runs before it returns, in
// the goroutine of its caller: its callee, and functions among its arguments.
func (p *Package) Runs(c *Call) []*Func {
	p.Roots()
	return p.synced[c]
}

// binding is how a call treats a function among its arguments.
type binding struct {
	f    *Func
	kind RootKind
	sync bool // called before the call returns, in the same goroutine
}

func (p *Package) computeContexts() {
	called := make(map[*Func]bool) // some call in the package runs it
	p.synced = make(map[*Call][]*Func)
	for _, f := range p.Funcs() {
		for _, c := range f.Calls {
			for _, g := range c.Funcs {
				called[g] = true
				if c.Mode == Go {
					p.addRoot(&Root{Kind: Goroutine, Entry: g, Site: c.Expr, In: f, Many: p.inLoop(f, c.Pos())})
				} else {
					p.synced[c] = append(p.synced[c], g)
				}
			}
			for _, b := range p.bindings(c) {
				called[b.f] = true
				if b.sync && c.Mode != Go {
					p.synced[c] = append(p.synced[c], b.f)
					continue
				}
				p.addRoot(&Root{Kind: b.kind, Entry: b.f, Site: c.Expr, In: f, Many: b.kind == Handler || p.inLoop(f, c.Pos())})
			}
		}
	}
	for _, f := range p.funcs {
		if kind, ok := p.entryKind(f, called[f]); ok {
			p.addRoot(&Root{Kind: kind, Entry: f, Many: kind == Handler || kind == Exported})
		}
	}
	p.propagate()
}

func (p *Package) addRoot(r *Root) { p.roots = append(p.roots, r) }

// entryKind decides whether f is entered from outside the package.
func (p *Package) entryKind(f *Func, called bool) (RootKind, bool) {
	switch {
	case f.Decl == nil && f.Parent == nil:
		return Init, !called
	case f.Decl == nil:
		if p.isHandler(f) && !called {
			return Handler, true
		}
		return Callback, !called
	case f.Decl.Recv == nil && f.Decl.Name.Name == "init":
		return Init, true
	case f.Decl.Recv == nil && f.Decl.Name.Name == "main" && p.pass.Pkg.Name() == "main":
		return Main, true
	case p.isHandler(f):
		return Handler, true
	case f.Decl.Name.IsExported() && (p.pass.Pkg.Name() != "main" || f.Decl.Recv != nil && !called):
		return Exported, true
	}
	return Callback, !called
}

// isHandler reports whether f has the parameters of an HTTP handler: whoever
// takes such a function serves requests with it.
func (p *Package) isHandler(f *Func) bool {
	writer, request := false, false
	for _, field := range f.Type().Params.List {
		t := p.pass.TypesInfo.TypeOf(field.Type)
		writer = writer || isNamed(t, "net/http", "ResponseWriter")
		if ptr, ok := t.(*types.Pointer); ok {
			request = request || isNamed(ptr.Elem(), "net/http", "Request")
		}
	}
	return writer && request
}

// bindings returns the functions of the package among the arguments of c. The
// model says what a known callee does with them; an unknown one is taken to
// call them before it returns, in the same goroutine.
func (p *Package) bindings(c *Call) []binding {
	var list []binding
	roles := c.Roles()
	for i, arg := range c.Expr.Args {
		t := p.pass.TypesInfo.TypeOf(arg)
		if t == nil {
			continue
		}
		kind, sync, known := argumentRole(roles, i)
		if !known && i < 16 && p.reloads(c.Static)&(1<<i) != 0 {
			kind, known = Reload, true
		}
		for _, f := range p.functionsIn(arg, t, known && kind == Handler) {
			switch {
			case known:
				list = append(list, binding{f, kind, sync})
			case p.isHandler(f):
				list = append(list, binding{f, Handler, false})
			case len(c.Funcs) == 0 && f.Lit != nil:
				list = append(list, binding{f, Callback, true})
			}
		}
	}
	return list
}

// functionsIn returns the functions of the package that an argument carries: a
// function value, or for a request handler the ServeHTTP method of its type.
func (p *Package) functionsIn(arg ast.Expr, t types.Type, handler bool) []*Func {
	if _, ok := t.Underlying().(*types.Signature); ok {
		return p.values.of(arg).funcs
	}
	if call, ok := ast.Unparen(arg).(*ast.CallExpr); ok && p.isConversion(call) && len(call.Args) == 1 {
		return p.functionsIn(call.Args[0], p.pass.TypesInfo.TypeOf(call.Args[0]), handler)
	}
	if !handler {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, p.pass.Pkg, "ServeHTTP")
	if fn, ok := obj.(*types.Func); ok {
		if f := p.byObj[fn.Origin()]; f != nil {
			return []*Func{f}
		}
	}
	return nil
}

// argumentRole returns what the model says of argument i.
func argumentRole(roles []Role, i int) (kind RootKind, sync, known bool) {
	arg := "arg" + strconv.Itoa(i)
	for _, r := range roles {
		for object := range strings.SplitSeq(r.Object, ",") {
			if object != arg {
				continue
			}
			switch r.Verb {
			case "calls", "once", "later", "wraps":
				return Callback, true, true
			case "goes", "actor", "onsignal", "onrestart", "onexit":
				return Goroutine, false, true
			case "handles":
				return Handler, false, true
			case "reloads":
				return Reload, false, true
			}
		}
	}
	return 0, false, false
}

// propagate carries the contexts of the roots down the synchronous calls.
func (p *Package) propagate() {
	var work []*Func
	add := func(f *Func, c Context) {
		for _, have := range f.contexts {
			if have == c {
				return
			}
		}
		if len(f.contexts) < MaxContexts {
			f.contexts = append(f.contexts, c)
			work = append(work, f)
		}
	}
	for _, r := range p.roots {
		add(r.Entry, Context{Root: r})
	}
	for len(work) > 0 {
		f := work[len(work)-1]
		work = work[:len(work)-1]
		for _, c := range f.Calls {
			trigger := f.TriggerAt(c.Pos())
			for _, g := range p.synced[c] {
				for _, ctx := range f.contexts {
					if trigger != nil {
						ctx.Trigger = trigger
					}
					add(g, ctx)
				}
			}
		}
	}
}

// inLoop reports whether pos lies in a loop of f.
func (p *Package) inLoop(f *Func, pos token.Pos) bool {
	found := false
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if n == nil || n.Pos() > pos || pos >= n.End() {
			return false
		}
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			found = true
		}
		return !found
	})
	return found
}
