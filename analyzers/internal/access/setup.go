package access

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// outlived reports whether v was declared before the event that the code of f at
// pos answers, before the endless loop it stands in, or outside a literal that a
// goroutine or handler enters: others may see its object by then.
func (s *State) outlived(f *lifecycle.Func, pos token.Pos, v *types.Var) bool {
	if t := f.TriggerAt(pos); t != nil && v.Pos() < t.From {
		return true
	}
	if loop := s.EndlessLoop(f, pos); loop != nil && v.Pos() < loop.Pos() {
		return true
	}
	home := s.fresh.owner[v]
	for ; f != nil && f != home; f = f.Parent {
		if s.starts[f] && !s.helps(f, pos, home, v) {
			return true
		}
	}
	return false
}

// helps reports whether the goroutine f works on an object that the function
// around it makes and returns: at pos it does not go on for ever, so that its
// maker waits for it.
func (s *State) helps(f *lifecycle.Func, pos token.Pos, home *lifecycle.Func, v *types.Var) bool {
	if home == nil || f.TriggerAt(pos) != nil || s.EndlessLoop(f, pos) != nil || s.reloads(f) {
		return false
	}
	returned := false
	ast.Inspect(home.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				id, ok := ast.Unparen(r).(*ast.Ident)
				returned = returned || ok && s.pass.TypesInfo.Uses[id] == v
			}
		}
		return !returned
	})
	return returned
}

// reloads reports whether somebody enters f at each reload, for whom nobody
// waits.
func (s *State) reloads(f *lifecycle.Func) bool {
	return slices.ContainsFunc(s.life.Roots(), func(r *lifecycle.Root) bool {
		return r.Entry == f && r.Kind == lifecycle.Reload
	})
}

// setup reports whether an access in f at pos to an object that starts at root
// happens before the object is shared.
func (s *State) setup(f *lifecycle.Func, n ast.Node, root types.Object, owner Owner) bool {
	contexts := s.ContextsAt(f, n.Pos())
	if s.onlyAtStart(f, n.Pos(), contexts) {
		return true
	}
	v, ok := root.(*types.Var)
	if !ok {
		return false
	}
	home := s.fresh.owner[v]
	if owner == Captured {
		return home == f && f.TriggerAt(n.Pos()) == nil && s.EndlessLoop(f, n.Pos()) == nil
	}
	if home != nil && home.Lit != nil && s.onlyCallback(home) && isParam(home, v, s) {
		return true // an option: func(o *T) { o.field = v }
	}
	return s.fresh.locals[v] && !s.outlived(f, n.Pos(), v)
}

// onlyAtStart reports whether code runs at most once, on the goroutine of the
// program's start, or never.
func (s *State) onlyAtStart(f *lifecycle.Func, pos token.Pos, contexts []lifecycle.Context) bool {
	for _, c := range contexts {
		if c.Trigger != nil || c.Root.Kind != lifecycle.Main && c.Root.Kind != lifecycle.Init {
			return false
		}
	}
	return !s.looped[f] && s.EndlessLoop(f, pos) == nil || len(contexts) == 0
}

// Loops reports whether a runs again and again when the main goroutine reaches
// it, and so while others run.
func (s *State) Loops(a *Access) bool {
	return s.looped[a.In] || s.EndlessLoop(a.In, a.Node.Pos()) != nil
}

func (s *State) onlyCallback(f *lifecycle.Func) bool {
	contexts := s.Contexts(f)
	for _, c := range contexts {
		if c.Root.Kind != lifecycle.Callback {
			return false
		}
	}
	return len(contexts) > 0
}

func isParam(f *lifecycle.Func, v *types.Var, s *State) bool {
	for _, field := range f.Type().Params.List {
		for _, name := range field.Names {
			if s.pass.TypesInfo.Defs[name] == v {
				return true
			}
		}
	}
	return false
}
