package origin

import (
	"go/ast"
	"go/types"
)

// A Source is one place where a traced value may come from.
type Source struct {
	Kind   Kind
	Node   ast.Node     // producing call, or the expression where the walk ended
	Handle types.Object // variable of the file or connection that was read, if any
}

// A Result is all that a walk met.
type Result struct {
	Sources []Source
	Objects map[types.Object]bool // variables and fields that the value went through
	Params  map[*types.Var]bool   // those of them that are parameters callers outside may set
	nodes   map[ast.Node]bool
	Cut     bool // the budget ended: there may be further sources
}

// Has reports whether some source is of kind k.
func (r *Result) Has(k Kind) bool {
	for _, s := range r.Sources {
		if s.Kind == k {
			return true
		}
	}
	return false
}

// Outside returns the first source that another binary may have written.
func (r *Result) Outside() (Source, bool) {
	var best Source
	for _, s := range r.Sources {
		if s.Kind.Outside() && (best.Node == nil || rank(s.Kind) < rank(best.Kind) ||
			s.Kind == best.Kind && s.Node.Pos() < best.Node.Pos()) {
			best = s
		}
	}
	return best, best.Node != nil
}

// rank orders kinds by how much they tell.
func rank(k Kind) int {
	for i, r := range []Kind{Shm, Mmap, Socket, File, Stream} {
		if k == r {
			return i
		}
	}
	return 5
}

// Reached reports whether the walk went through node.
func (r *Result) Reached(node ast.Node) bool { return r.nodes[node] }

const (
	maxSteps   = 8_000 // outside of the run-time, walks end after some hundreds
	maxContext = 4     // calls entered and not left
)

// Trace walks backward from e.
func (g *Graph) Trace(e ast.Expr) *Result {
	w := g.newWalker()
	w.expr(e, -1, nil)
	return &w.Result
}

// TraceVar walks backward from all that a variable or field is assigned.
func (g *Graph) TraceVar(obj types.Object) *Result {
	w := g.newWalker()
	w.object(obj, nil)
	return &w.Result
}

func (g *Graph) newWalker() *walker {
	return &walker{g: g, seen: make(map[visit]bool), frames: make(map[frame]*frame), emitted: make(map[emitted]bool), Result: Result{
		Objects: make(map[types.Object]bool), Params: make(map[*types.Var]bool), nodes: make(map[ast.Node]bool)}}
}
