package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"
)

// Per resource the state at a point of a function is one of a chain: a join
// takes the larger, so a resource that one branch stopped counts as stopped
// where the branches meet. That is what code such as
//
//	if *cpuprofile != "" { pprof.StopCPUProfile() }
//
// means. Branches that leave the function or the process keep their own state.
const (
	unknown = iota // neither started nor stopped in this function
	cleared        // stopped, whoever started it
	running
	stopped // after it was running
)

// track is what is known of one resource.
type track struct {
	phase  uint8
	worked bool   // the process did something worth a profile since the start
	busy   bool   // and more than to call what set-up calls
	start  *Start // what made it running
	made   *Call  // call in this function whose failure means that nothing runs
}

// state is what is known at one point of a function.
type state struct {
	tracks [len(resources)]track
	defers uint64 // deferred calls registered so far, by index
	errs   uint16 // by index: parameters that are known not to be nil
	noFile bool   // only here because a file could not be made
	unset  bool   // only here because a call that set-up makes failed

	asked types.Object // the error of the last such call
}

// join merges t into s and reports whether s changed.
func (s *state) join(t *state) bool {
	before := *s
	for i := range s.tracks {
		x, y := &s.tracks[i], &t.tracks[i]
		switch {
		case y.phase > x.phase:
			*x = *y
		case y.phase == x.phase:
			x.worked = x.worked || y.worked
			x.busy = x.busy || y.busy
			if x.made != y.made {
				x.made = nil
			}
		}
	}
	s.defers |= t.defers
	s.errs &= t.errs
	s.noFile = s.noFile && t.noFile
	s.unset = s.unset && t.unset
	if s.asked != t.asked {
		s.asked = nil
	}
	return *s != before
}

// change applies the effects e of the call c.
func (w *flow) change(e *Effects, c *Call, s *state) {
	for i, r := range resources {
		t := &s.tracks[i]
		switch {
		case e.Leaves&r.bit != 0:
			worked := w.p.leavesWorked(c)
			*t = track{phase: running, start: startIn(e, r.bit, c), worked: worked, busy: worked}
			if e.Failed&r.bit == 0 {
				t.made = c
			}
		case e.Stops&r.bit != 0:
			if t.phase == running {
				w.closed[t.start.Call] = c
				t.phase = stopped
			}
			t.phase = max(t.phase, cleared)
		}
	}
}

// startIn returns the start of r among the effects of call c.
func startIn(e *Effects, r Resource, c *Call) *Start {
	for _, s := range e.Starts {
		if s.Resource == r {
			return s
		}
	}
	return &Start{r, c}
}

// leavesWorked reports whether a call that starts a resource also does work
// under it before it returns.
func (p *Package) leavesWorked(c *Call) bool {
	for _, f := range c.Funcs {
		if p.works(f) {
			return true
		}
	}
	return false
}

// forget drops the tie between a start and the variables that tell whether it
// failed when n assigns something else to them.
func (w *flow) forget(n ast.Node, s *state) {
	assign, ok := n.(*ast.AssignStmt)
	if !ok {
		return
	}
	w.ask(assign, s)
	for i := range s.tracks {
		t := &s.tracks[i]
		if t.made == nil || len(assign.Rhs) == 1 && ast.Unparen(assign.Rhs[0]) == t.made.Expr {
			continue
		}
		for _, l := range assign.Lhs {
			if obj := w.p.values.object(l); obj != nil && w.tells(t.made, obj) {
				t.made = nil
				break
			}
		}
	}
}

// tells reports whether obj holds a result of c that tells whether c failed.
func (w *flow) tells(c *Call, obj types.Object) bool {
	if w.p.values.errs[c.Expr] == obj {
		return true
	}
	for _, made := range w.p.values.calls[obj] {
		if made == c.Expr {
			return true
		}
	}
	return false
}

// branch corrects s on the edge where the last node of a block, a condition, is
// taken to be outcome: where the error of a start is not nil, or another result
// of it is nil or false, nothing was started.
func (w *flow) branch(b *cfg.Block, outcome bool, s *state) {
	nodes := b.Nodes
	expr, ok := nodes[len(nodes)-1].(ast.Expr)
	if !ok {
		return
	}
	obj, isZero := w.comparesZero(expr, outcome)
	if obj == nil {
		return
	}
	if len(nodes) > 1 && !isZero && w.makesFile(nodes[len(nodes)-2], obj) {
		s.noFile = true
	}
	if obj == s.asked && !isZero {
		s.unset = w.goesOn(b, outcome)
	}
	if i := w.p.paramIndex(w.f, obj); i >= 0 && !isZero {
		s.errs |= 1 << i
	}
	for i := range s.tracks {
		t := &s.tracks[i]
		if t.phase != running || t.made == nil || !w.tells(t.made, obj) {
			continue
		}
		isError := types.Identical(obj.Type(), errorType)
		if isError != isZero {
			*t = track{}
		}
	}
}

// comparesZero returns the variable that cond compares with nil, or tests as a
// bool, and whether it is nil or false when cond is outcome.
func (w *flow) comparesZero(cond ast.Expr, outcome bool) (obj types.Object, isZero bool) {
	switch e := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return w.comparesZero(e.X, !outcome)
		}
	case *ast.BinaryExpr:
		if (e.Op == token.EQL || e.Op == token.NEQ) && w.p.pass.TypesInfo.Types[e.Y].IsNil() {
			return w.p.values.object(e.X), (e.Op == token.EQL) == outcome
		}
	case *ast.Ident:
		if t := w.p.pass.TypesInfo.TypeOf(e); t != nil && types.Identical(t.Underlying(), types.Typ[types.Bool]) {
			return w.p.values.object(e), !outcome
		}
	}
	return nil, false
}
