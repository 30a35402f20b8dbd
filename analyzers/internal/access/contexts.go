package access

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// inTest reports whether f is declared in a test file.
func (s *State) inTest(f *lifecycle.Func) bool {
	pos := f.Body().Pos()
	for _, file := range s.tests {
		if file.FileStart <= pos && pos < file.FileEnd {
			return true
		}
	}
	return false
}

// testRoot reports whether a root belongs to the tests of the package.
func (s *State) testRoot(r *lifecycle.Root) bool {
	return s.inTest(r.Entry) || r.In != nil && s.inTest(r.In)
}

// ContextsAt returns the ways in which the code of f at pos runs outside tests.
// A callback that starts the package's goroutines or handlers is the program's
// start: the command of a command-line library.
func (s *State) ContextsAt(f *lifecycle.Func, pos token.Pos) []lifecycle.Context {
	list := s.Contexts(f)
	t := f.TriggerAt(pos)
	if t == nil {
		return list
	}
	at := make([]lifecycle.Context, len(list))
	for i, c := range list {
		at[i] = lifecycle.Context{Root: c.Root, Trigger: t}
	}
	return at
}

// Contexts returns the ways in which f runs outside tests.
func (s *State) Contexts(f *lifecycle.Func) []lifecycle.Context {
	kept, ok := s.contexts[f]
	if ok {
		return kept
	}
	for _, c := range s.life.Contexts(f) {
		if s.testRoot(c.Root) {
			continue
		}
		if main := s.mains[c.Root]; main != nil {
			c.Root = main
		}
		kept = append(kept, c)
	}
	s.contexts[f] = kept
	return kept
}

// mainRoots returns the callbacks that start goroutines or handlers, with a root
// of kind Main in the place of each.
func (s *State) mainRoots() map[*lifecycle.Root]*lifecycle.Root {
	mains := make(map[*lifecycle.Root]*lifecycle.Root)
	for _, r := range s.life.Roots() {
		if r.In == nil || s.testRoot(r) {
			continue
		}
		for _, c := range s.life.Contexts(r.In) {
			if c.Root.Kind == lifecycle.Callback && mains[c.Root] == nil {
				mains[c.Root] = &lifecycle.Root{Kind: lifecycle.Main, Entry: c.Root.Entry}
			}
		}
	}
	return mains
}

// onceFuncs returns the functions that a sync.Once or its like runs.
func (s *State) onceFuncs() map[*lifecycle.Func]bool {
	set := make(map[*lifecycle.Func]bool)
	for _, f := range s.life.Funcs() {
		for _, c := range f.Calls {
			if _, ok := c.Has("once"); !ok {
				continue
			}
			for _, arg := range c.Expr.Args {
				funcs, _ := s.life.ValuesOf(arg)
				for _, g := range funcs {
					set[g] = true
				}
			}
		}
	}
	return set
}

// mainLoops returns the functions that an endless loop of the main goroutine
// calls, directly or not.
func (s *State) mainLoops() map[*lifecycle.Func]bool {
	set := make(map[*lifecycle.Func]bool)
	var mark func(f *lifecycle.Func)
	mark = func(f *lifecycle.Func) {
		if set[f] {
			return
		}
		set[f] = true
		for _, c := range f.Calls {
			for _, g := range s.life.Runs(c) {
				mark(g)
			}
		}
	}
	for _, f := range s.life.Funcs() {
		if !s.startOnly(f) {
			continue
		}
		for _, c := range f.Calls {
			if s.EndlessLoop(f, c.Pos()) == nil {
				continue
			}
			for _, g := range s.life.Runs(c) {
				mark(g)
			}
		}
	}
	return set
}

// startOnly reports whether f runs only on the goroutine of the program's start.
func (s *State) startOnly(f *lifecycle.Func) bool {
	for _, c := range s.Contexts(f) {
		if c.Root.Kind != lifecycle.Main && c.Root.Kind != lifecycle.Init {
			return false
		}
	}
	return true
}

// EndlessLoop returns the outermost loop of f around pos that does not count its
// rounds: without init and post statement, or over a channel. It is nil when
// there is none.
func (s *State) EndlessLoop(f *lifecycle.Func, pos token.Pos) ast.Stmt {
	var found ast.Stmt
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		if n == nil || found != nil || n.Pos() > pos || pos >= n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt:
			if n.Init == nil && n.Post == nil && n.Body.Pos() <= pos {
				found = n
			}
		case *ast.RangeStmt:
			t := s.pass.TypesInfo.TypeOf(n.X)
			if _, ok := t.Underlying().(*types.Chan); ok && n.Body.Pos() <= pos {
				found = n
			}
		}
		return found == nil
	})
	return found
}
