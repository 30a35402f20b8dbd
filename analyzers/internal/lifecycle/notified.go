package lifecycle

import (
	"go/ast"
	"go/types"
)

// Signals returns the names of all signals that the package asks for.
func (p *Package) Signals() []string {
	p.Funcs()
	return p.signals.all
}

// NotifyOf returns the call of signal.Notify or NotifyContext that asks for the
// named signal, or nil.
func (p *Package) NotifyOf(name string) *Call {
	p.Funcs()
	return p.signals.calls[name]
}

// notified tells which signals a channel or context of the package gets.
type notified struct {
	byChan map[types.Object][]string
	byCtx  map[types.Object][]string
	calls  map[string]*Call // a call that asks for the signal
	all    []string         // every signal that any channel gets
}

// notified collects the calls of signal.Notify and signal.NotifyContext.
func (p *Package) notified() *notified {
	n := &notified{byChan: make(map[types.Object][]string), byCtx: make(map[types.Object][]string), calls: make(map[string]*Call)}
	for _, f := range p.funcs {
		for _, c := range f.Calls {
			if c.Static == nil || c.Static.Pkg() == nil || c.Static.Pkg().Path() != "os/signal" || len(c.Expr.Args) == 0 {
				continue
			}
			var names []string
			for _, arg := range c.Expr.Args[1:] {
				if name, ok := SignalName(p.pass.TypesInfo, arg); ok {
					names = append(names, name)
				}
			}
			switch c.Static.Name() {
			case "Notify":
				if obj := ObjectOf(p.pass.TypesInfo, c.Expr.Args[0]); obj != nil {
					n.byChan[obj] = append(n.byChan[obj], names...)
				}
			case "NotifyContext":
				if obj := p.assignedTo(f, c.Expr); obj != nil {
					n.byCtx[obj] = append(n.byCtx[obj], names...)
				}
			default:
				continue
			}
			n.all = append(n.all, names...)
			for _, name := range names {
				n.calls[name] = c
			}
		}
	}
	return n
}

// assignedTo returns the variable that takes the first result of call in f.
func (p *Package) assignedTo(f *Func, call *ast.CallExpr) types.Object {
	var obj types.Object
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == 1 && ast.Unparen(a.Rhs[0]) == call {
			obj = ObjectOf(p.pass.TypesInfo, a.Lhs[0])
		}
		return obj == nil
	})
	return obj
}

// of returns the signals of the channel obj; those of the whole package when
// nothing is known of obj itself, as when it came through a parameter.
func (n *notified) of(obj types.Object) []string {
	if names, ok := n.byChan[obj]; ok {
		return names
	}
	return n.all
}

// context returns the signals of the context whose Done channel ch is.
func (n *notified) context(info *types.Info, ch ast.Expr) ([]string, bool) {
	call, ok := ast.Unparen(ch).(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Done" {
		return nil, false
	}
	names, ok := n.byCtx[ObjectOf(info, sel.X)]
	return names, ok
}

func chanElem(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	if ch, ok := t.Underlying().(*types.Chan); ok {
		return ch.Elem()
	}
	return nil
}

// isNamed reports whether t is the named type path.name.
func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Name() == name && obj.Pkg() != nil && obj.Pkg().Path() == path
}
