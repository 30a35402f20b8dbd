package access

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/cfg"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// holding is what is held at a point of a function: on every path, and on some.
type holding struct{ must, may Locks }

func (h holding) join(k holding) holding { return holding{h.must.meet(k.must), h.may.with(k.may)} }

func (h holding) take(l Locks) holding { return holding{h.must.with(l), h.may.with(l)} }

// effect is what a call of a function leaves behind.
type effect struct {
	takes Locks
	drops map[types.Object]bool
}

type lockTable struct {
	s       *State
	entry   map[*lifecycle.Func]Locks // held by every caller
	usual   map[*lifecycle.Func]Locks // held by some caller
	atCall  map[*ast.CallExpr]holding
	effects map[*lifecycle.Func]*effect
	busy    map[*lifecycle.Func]bool
}

func newLockTable(s *State) *lockTable {
	return &lockTable{
		s:       s,
		entry:   make(map[*lifecycle.Func]Locks),
		usual:   make(map[*lifecycle.Func]Locks),
		atCall:  make(map[*ast.CallExpr]holding),
		effects: make(map[*lifecycle.Func]*effect),
		busy:    make(map[*lifecycle.Func]bool),
	}
}

// identity returns the declaration of the lock whose method a call calls.
func (t *lockTable) identity(call *ast.CallExpr) types.Object {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return anyLock
	}
	info := t.s.pass.TypesInfo
	if selection := info.Selections[sel]; selection != nil && len(selection.Index()) > 1 {
		return embedded(selection)
	}
	return t.named(sel.X)
}

// named returns the declaration of the lock that e denotes.
func (t *lockTable) named(e ast.Expr) types.Object {
	info := t.s.pass.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return t.named(e.X)
	case *ast.StarExpr:
		return t.named(e.X)
	case *ast.IndexExpr:
		return t.named(e.X)
	case *ast.Ident, *ast.SelectorExpr:
		obj := lifecycle.ObjectOf(info, e)
		v, ok := obj.(*types.Var)
		if !ok {
			return anyLock
		}
		if v.Pkg() != nil && v.Pkg().Path() == "sync" {
			return anyLock // Cond.L is some other lock
		}
		if v.IsField() || isGlobal(v) {
			return v
		}
		if _, isPointer := v.Type().Underlying().(*types.Pointer); isPointer || types.IsInterface(v.Type()) {
			return anyLock
		}
		return v
	}
	return anyLock
}

// embedded returns the last embedded field that a promoted method goes through.
func embedded(sel *types.Selection) types.Object {
	t := sel.Recv()
	var field types.Object = anyLock
	index := sel.Index()
	for _, i := range index[:len(index)-1] {
		if ptr, ok := t.Underlying().(*types.Pointer); ok {
			t = ptr.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return anyLock
		}
		v := st.Field(i).Origin()
		field, t = v, v.Type()
	}
	return field
}

// apply returns what is held after a call.
func (t *lockTable) apply(call *ast.CallExpr, held holding, dropped map[types.Object]bool) holding {
	c := t.s.life.CallAt(call)
	if c == nil || c.Mode != lifecycle.Plain {
		return held
	}
	if verb := lockVerb(c); verb != "" {
		lock := t.identity(call)
		switch verb {
		case "locks", "trylocks":
			return held.take(Locks{lock: true})
		case "rlocks", "tryrlocks":
			return held.take(Locks{lock: false})
		}
		return held.drop(lock, dropped)
	}
	for _, g := range c.Funcs {
		e := t.effect(g)
		for lock := range e.drops { // on some path of g only, so it may still be held
			held.must = drop(held.must, lock, dropped)
		}
		held = held.take(e.takes)
	}
	return held
}

// changes reports whether any call in f takes or drops a lock.
func (t *lockTable) changes(f *lifecycle.Func) bool {
	for _, c := range f.Calls {
		if c.Mode == lifecycle.Plain && lockVerb(c) != "" {
			return true
		}
		for _, g := range c.Funcs {
			if e := t.effect(g); c.Mode == lifecycle.Plain && len(e.takes)+len(e.drops) > 0 {
				return true
			}
		}
	}
	return false
}

// effect returns the net effect of f on the locks of its caller.
func (t *lockTable) effect(f *lifecycle.Func) *effect {
	if e := t.effects[f]; e != nil {
		return e
	}
	none := new(effect)
	if t.busy[f] {
		return none
	}
	t.busy[f] = true
	defer delete(t.busy, f)
	e := none
	if t.changes(f) {
		e = &effect{drops: make(map[types.Object]bool)}
		exit := all
		t.flow(f, e.drops, nil, func(out Locks) { exit = exit.meet(out) })
		if !exit.isAll() {
			e.takes = exit
		}
		for _, c := range f.Calls {
			if c.Mode != lifecycle.Deferred {
				continue
			}
			t.deferred(c, e)
		}
	}
	t.effects[f] = e
	return e
}

// deferred takes what a deferred call unlocks off the effect of its function.
func (t *lockTable) deferred(c *lifecycle.Call, e *effect) {
	if verb := lockVerb(c); verb == "unlocks" || verb == "runlocks" {
		e.takes = drop(e.takes, t.identity(c.Expr), nil)
		return
	}
	for _, g := range c.Funcs {
		for lock := range t.effect(g).drops {
			e.takes = drop(e.takes, lock, nil)
		}
	}
	if len(c.Funcs) == 0 && c.Static == nil {
		e.takes = nil // an unlock function that some call returned
	}
}

// flow runs the analysis over f. visit sees each node with the locks held
// before it, exit the locks at each return.
func (t *lockTable) flow(f *lifecycle.Func, dropped map[types.Object]bool, visit func(ast.Node, holding), exit func(Locks)) {
	graph := cfg.New(f.Body(), func(call *ast.CallExpr) bool { return !t.s.builtin(call, "panic") })
	in := make([]holding, len(graph.Blocks))
	seen := make([]bool, len(graph.Blocks))
	seen[0] = true
	work := []*cfg.Block{graph.Blocks[0]}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		out := in[b.Index]
		for _, n := range b.Nodes {
			out = t.node(n, out, dropped, nil)
		}
		for _, succ := range b.Succs {
			next := out
			if seen[succ.Index] {
				next = in[succ.Index].join(out)
				if next.equal(in[succ.Index]) {
					continue
				}
			}
			in[succ.Index], seen[succ.Index] = next, true
			work = append(work, succ)
		}
	}
	for _, b := range graph.Blocks {
		if !seen[b.Index] {
			continue
		}
		out := in[b.Index]
		for _, n := range b.Nodes {
			out = t.node(n, out, nil, visit)
		}
		if exit != nil && len(b.Succs) == 0 {
			exit(out.must)
		}
	}
}

// node applies the calls in n. visit sees n with the locks held before it.
func (t *lockTable) node(n ast.Node, held holding, dropped map[types.Object]bool, visit func(ast.Node, holding)) holding {
	if visit != nil {
		visit(n, held)
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			held = t.apply(m, held, dropped)
		}
		return true
	})
	return held
}

// enter computes the locks that every caller of a function holds.
func (t *lockTable) enter() {
	funcs := t.s.life.Funcs()
	for _, f := range funcs {
		t.entry[f] = all
		if t.s.starts[f] {
			t.entry[f] = nil
		}
	}
	for changed := true; changed; {
		changed = false
		for _, f := range funcs {
			if t.s.inTest(f) {
				continue
			}
			for _, c := range f.Calls {
				for _, g := range t.s.life.Runs(c) {
					held := t.atCall[c.Expr].must.with(t.entry[f])
					if t.entry[f].isAll() {
						held = all
					}
					if some := t.usual[g].with(t.atCall[c.Expr].may).with(t.usual[f]); !some.equal(t.usual[g]) {
						t.usual[g], changed = some, true
					}
					next := t.entry[g].meet(held)
					if !next.equal(t.entry[g]) {
						t.entry[g], changed = next, true
					}
				}
			}
		}
	}
	for f, l := range t.entry {
		if l.isAll() {
			t.entry[f] = nil
		}
	}
}
