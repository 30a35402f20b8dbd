package lifecycle

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// reloaderFact tells callers in other packages that a function has functions
// among its arguments called, by and by, in answer to signals or file events.
type reloaderFact struct {
	Params uint16 // by index
}

func (*reloaderFact) AFact() {}

func (f *reloaderFact) String() string {
	words := []string{"lifecycle: reloads by"}
	for i := range 16 {
		if f.Params&(1<<i) != 0 {
			words = append(words, "arg"+strconv.Itoa(i))
		}
	}
	return strings.Join(words, " ")
}

// reloads returns which arguments of fn, of another package, are called on
// reload.
func (p *Package) reloads(fn *types.Func) uint16 {
	if fn == nil || fn.Pkg() == nil || fn.Pkg() == p.pass.Pkg {
		return 0
	}
	p.factsMu.Lock()
	defer p.factsMu.Unlock()
	params, ok := p.reloaders[fn]
	if !ok {
		var fact reloaderFact
		if p.pass.ImportObjectFact(fn, &fact) {
			params = fact.Params
		}
		p.reloaders[fn] = params
	}
	return params
}

// exportReloaders exports what other packages must know of the functions that
// take one to call on reload.
func (p *Package) exportReloaders() {
	if !p.hearsOfReloads() {
		return
	}
	for _, f := range p.Funcs() {
		if f.Obj == nil || p.inTest(f) {
			continue
		}
		fact := new(reloaderFact)
		for i, obj := range p.values.params(f) {
			if obj != nil && i < 16 && isSignature(obj.Type()) && p.calledOnReload(obj, make(map[types.Object]bool)) {
				fact.Params |= 1 << i
			}
		}
		if fact.Params != 0 {
			p.pass.ExportObjectFact(f.Obj, fact)
		}
	}
}

// hearsOfReloads reports whether signals, file events or the reloads of another
// package can reach this one: the cheap filter.
func (p *Package) hearsOfReloads() bool {
	for _, imp := range p.pass.Pkg.Imports() {
		switch imp.Path() {
		case "os/signal", "github.com/fsnotify/fsnotify":
			return true
		}
	}
	for _, obj := range p.pass.TypesInfo.Uses {
		if fn, ok := obj.(*types.Func); ok && p.reloads(fn.Origin()) != 0 {
			return true
		}
	}
	return false
}

func isSignature(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// calledOnReload reports whether the function in a parameter or field is called
// in answer to a reload: here, in a function of the package that it is passed
// to, as a field that it is stored in, or by another package.
func (p *Package) calledOnReload(v types.Object, seen map[types.Object]bool) bool {
	if v == nil || seen[v] {
		return false
	}
	seen[v] = true
	for _, f := range p.Funcs() {
		for _, c := range f.Calls {
			if ObjectOf(p.pass.TypesInfo, c.Expr.Fun) == v && p.answersReload(f, c) || p.handsOnReload(c, v, seen) {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.fieldsThatTake(v), func(field types.Object) bool { return p.calledOnReload(field, seen) })
}

// answersReload reports whether c runs in answer to a signal that does not end
// the process, or to a file event.
func (p *Package) answersReload(f *Func, c *Call) bool {
	return slices.ContainsFunc(p.ContextsAt(f, c.Pos()), func(ctx Context) bool {
		t := ctx.Trigger
		switch {
		case t == nil:
			return false
		case t.Kind == Signal:
			return slices.ContainsFunc(t.Signals, func(name string) bool {
				return name == "SIGHUP" || name == "SIGUSR1" || name == "SIGUSR2"
			})
		}
		return t.Kind == FileEvent
	})
}

// handsOnReload reports whether c passes v to what calls it on reload.
func (p *Package) handsOnReload(c *Call, v types.Object, seen map[types.Object]bool) bool {
	for i, arg := range c.Expr.Args {
		if i >= 16 || ObjectOf(p.pass.TypesInfo, arg) != v {
			continue
		}
		if p.reloads(c.Static)&(1<<i) != 0 {
			return true
		}
		if kind, _, known := argumentRole(c.Roles(), i); known && kind == Reload {
			return true
		}
		for _, g := range c.Funcs {
			if params := p.values.params(g); i < len(params) && p.calledOnReload(params[i], seen) {
				return true
			}
		}
	}
	return false
}

// fieldsThatTake returns the fields that v is stored in.
func (p *Package) fieldsThatTake(v types.Object) []types.Object {
	info := p.pass.TypesInfo
	var list []types.Object
	add := func(to ast.Expr, value ast.Expr) {
		if ObjectOf(info, value) != v {
			return
		}
		if field, ok := ObjectOf(info, to).(*types.Var); ok && field.IsField() {
			list = append(list, field)
		}
	}
	for _, file := range p.pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				add(n.Key, n.Value)
			case *ast.AssignStmt:
				if len(n.Lhs) == len(n.Rhs) {
					for i := range n.Lhs {
						add(n.Lhs[i], n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	return list
}
