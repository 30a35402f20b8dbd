package lifecycle

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/cfg"
)

// setsUp reports whether c may be no more than set-up, as far as one can tell
// from outside: it calls another package, does not wait there, and its error is
// looked at. Of the standard library only what makes something is taken for it.
func (p *Package) setsUp(c *Call) bool {
	if len(c.Funcs) > 0 || len(c.Named) == 0 || p.values.errs[c.Expr] == nil {
		return false
	}
	if e := p.CallEffects(c); e.Blocks || e.Serves {
		return false
	}
	for _, fn := range c.Named {
		if fn.Pkg() == nil || fn.Pkg() == p.pass.Pkg {
			return false
		}
		if root, _, _ := strings.Cut(fn.Pkg().Path(), "/"); !strings.Contains(root, ".") && !makes(fn.Signature()) {
			return false
		}
	}
	return true
}

// makes reports whether a function returns more than numbers and an error.
func makes(sig *types.Signature) bool {
	for v := range sig.Results().Variables() {
		if _, basic := v.Type().Underlying().(*types.Basic); !basic && !types.Identical(v.Type(), errorType) {
			return true
		}
	}
	return false
}

// ask keeps the variable that an assignment sets to the error of a call that
// set-up makes.
func (w *flow) ask(assign *ast.AssignStmt, s *state) {
	if len(assign.Rhs) == 1 {
		if expr, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr); ok {
			if c := w.p.calls[expr]; c != nil && w.p.setsUp(c) {
				s.asked = w.p.values.errs[expr]
				return
			}
		}
	}
	for _, l := range assign.Lhs {
		if obj := w.p.values.object(l); obj != nil && obj == s.asked {
			s.asked = nil
		}
	}
}

// goesOn reports whether the function has work to do where the condition at the
// end of b is not outcome: what came before was its set-up, and not all of it.
func (w *flow) goesOn(b *cfg.Block, outcome bool) bool {
	other := b.Succs[0]
	if outcome {
		other = b.Succs[1]
	}
	return w.worksAhead(other)
}

// worksAhead reports whether work can be reached from b.
func (w *flow) worksAhead(b *cfg.Block) bool {
	seen := map[*cfg.Block]bool{b: true}
	for todo := []*cfg.Block{b}; len(todo) > 0; {
		b, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if w.isWork(b) {
			return true
		}
		for _, succ := range b.Succs {
			if !seen[succ] {
				seen[succ] = true
				todo = append(todo, succ)
			}
		}
	}
	return false
}

func (w *flow) isWork(b *cfg.Block) bool {
	found := b.Kind == cfg.KindForBody || b.Kind == cfg.KindRangeBody
	for _, n := range b.Nodes {
		found = found || receives(n)
		w.callsIn(n, func(c *Call) {
			found = found || c.Mode == Plain && w.p.callWorks(c)
		})
	}
	return found
}
