package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

const msgDrain = "C thread is cut inside the callback when the process is replaced"

// A restart is a sign that the process is replaced: a call in this package, or
// one in a dependency.
type restart struct {
	call ast.Node // nil in a dependency
	in   *ast.FuncDecl
	text string
}

func (r restart) related(e *cgosource.Export) analysis.RelatedInformation {
	if r.call == nil {
		return report.Related(e.Decl.Name, r.text)
	}
	return report.Related(r.call, r.text)
}

// restart lists the restarts that the package can see.
func (p *program) restart() []restart {
	var list []restart
	for _, ev := range p.life.Restarts() {
		r := restart{call: ev.Node, text: ev.Text}
		for _, fd := range p.decls {
			if ev.Node != nil && fd.Pos() <= ev.Node.Pos() && ev.Node.Pos() < fd.End() {
				r.in = fd
			}
		}
		list = append(list, r)
	}
	return list
}

// reportDrain reports exports that threads of C can be in when the process is
// replaced.
//
// Safe is a restart before which the callbacks have come to an end: C joins its
// threads or takes the callback back, or the export counts itself in, turns away
// when a flag says so, and the restart waits for the count; or it holds a lock
// that the restart takes.
func (p *program) reportDrain(rep *report.Reporter) {
	restarts := p.restart()
	for _, e := range p.cgo.Exports {
		if !p.threads[e.Name] {
			continue
		}
		for _, r := range restarts {
			if p.drained(e, r) {
				continue
			}
			f := report.Finding{Node: e.Decl.Name, Kind: "drain", Message: msgDrain}
			f.Related = append(f.Related, r.related(e))
			f.Related = append(f.Related, p.threadStarts(e)...)
			rep.Report(f)
			break
		}
	}
}

// threadStarts tells where C starts the thread that calls the export.
func (p *program) threadStarts(e *cgosource.Export) []analysis.RelatedInformation {
	for _, root := range p.cgo.C.ThreadRoots() {
		for _, r := range p.cgo.C.Reach(root.Name) {
			if r.Entry == e.Name {
				return p.rootRelated(e, root, "the thread is started here")
			}
		}
	}
	return nil
}

// drained reports whether callbacks have ended before a restart.
func (p *program) drained(e *cgosource.Export, r restart) bool {
	return p.before(r, p.endOf(e))
}

// endOf returns what recognizes the end of the callbacks to an export.
func (p *program) endOf(e *cgosource.Export) func(ast.Node) bool {
	gate := p.gateOf(e)
	return func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return gate.flagged && p.loopsOn(n, gate.counters)
		}
		if name, ok := cgosource.FuncName(p.info, call); ok {
			return p.ends(name)
		}
		return gate.passedBy(p, call)
	}
}

// ends reports whether a C function ends callbacks: it joins threads, clears a
// variable that held a function, or is a library's, of which nothing is known.
func (p *program) ends(name string) bool {
	if p.joins(name) {
		return true
	}
	f := p.cgo.C.Func(name)
	if f == nil {
		return !memory[name] && !ctext.IsThreadStart(ctext.Call{Callee: name}) && !p.hands(name)
	}
	for _, a := range f.Assigns {
		if a.Null && len(p.cgo.C.Values(nil, a.To)) > 0 {
			return true
		}
	}
	return false
}

// hands reports whether the package passes functions to a C function.
func (p *program) hands(name string) bool {
	for _, c := range p.cgo.Calls {
		for _, arg := range c.Args {
			if _, ok := cgosource.FuncAddress(p.info, arg); ok && c.Name == name {
				return true
			}
		}
	}
	return false
}

// A gate is what an export does to be waited for.
type gate struct {
	counters map[*types.Var]bool // WaitGroups and atomics that it adds to
	locks    map[*types.Var]bool // mutexes that it holds until it returns
	flagged  bool                // it turns away for a shared flag
}

// gateOf reads the gate of an export, and of the functions that it calls.
func (p *program) gateOf(e *cgosource.Export) *gate {
	g := &gate{counters: make(map[*types.Var]bool), locks: make(map[*types.Var]bool)}
	p.readGate(g, e.Decl, 2)
	return g
}

func (p *program) readGate(g *gate, fd *ast.FuncDecl, depth int) {
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			g.flagged = g.flagged || p.turnsAway(n)
		case *ast.CallExpr:
			fn, ok := typeutil.Callee(p.info, n).(*types.Func)
			if !ok {
				return true
			}
			if v := p.counted(n, fn); v != nil {
				g.counters[v] = true
			}
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && p.afterLock(n, false) {
				if v := p.variable(sel.X); v != nil && p.heldToEnd(fd, v) {
					g.locks[v] = true
				}
			}
			if d := p.decls[fn.Origin()]; d != nil && depth > 0 {
				p.readGate(g, d, depth-1)
			}
		}
		return true
	})
}

// counted returns the counter that a call adds to.
func (p *program) counted(call *ast.CallExpr, fn *types.Func) *types.Var {
	switch fn.FullName() {
	case "(*sync.WaitGroup).Add", "(*sync/atomic.Int32).Add", "(*sync/atomic.Int64).Add", "(*sync/atomic.Uint32).Add", "(*sync/atomic.Uint64).Add":
		return p.variable(ast.Unparen(call.Fun).(*ast.SelectorExpr).X)
	case "sync/atomic.AddInt32", "sync/atomic.AddInt64", "sync/atomic.AddUint32", "sync/atomic.AddUint64":
		if addr, ok := ast.Unparen(call.Args[0]).(*ast.UnaryExpr); ok && addr.Op == token.AND {
			return p.variable(addr.X)
		}
	}
	return nil
}

// turnsAway reports whether an if statement returns for the sake of something
// that is shared: a variable, an atomic, or a function that knows it.
func (p *program) turnsAway(n *ast.IfStmt) bool {
	returns := false
	ast.Inspect(n.Body, func(n ast.Node) bool {
		_, ok := n.(*ast.ReturnStmt)
		returns = returns || ok
		return true
	})
	reads := false
	ast.Inspect(n.Cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			reads = reads || p.variable(n) != nil
		case *ast.SelectorExpr:
			reads = reads || p.variable(n) != nil
		case *ast.CallExpr:
			fn := typeutil.StaticCallee(p.info, n)
			reads = reads || fn != nil && p.decls[fn.Origin()] != nil
		}
		return true
	})
	return returns && reads
}

// heldToEnd reports whether a function unlocks v by defer only.
func (p *program) heldToEnd(fd *ast.FuncDecl, v *types.Var) bool {
	held := false
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.DeferStmt); ok {
			if sel, ok := ast.Unparen(d.Call.Fun).(*ast.SelectorExpr); ok {
				held = held || p.variable(sel.X) == v && !p.afterLock(d.Call, true)
			}
		}
		return true
	})
	return held
}

// passedBy reports whether a call of the restarting side waits at the gate.
func (g *gate) passedBy(p *program, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := typeutil.Callee(p.info, call).(*types.Func)
	if !ok {
		return false
	}
	switch fn.FullName() {
	case "(*sync.WaitGroup).Wait":
		return g.flagged && g.counters[p.variable(sel.X)]
	case "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock":
		return g.locks[p.variable(sel.X)]
	}
	return false
}

// loopsOn reports whether a loop asks for one of the counters.
func (p *program) loopsOn(n ast.Node, counters map[*types.Var]bool) bool {
	loop, ok := n.(*ast.ForStmt)
	if !ok {
		return false
	}
	found := false
	ast.Inspect(loop, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			v := p.variable(e)
			found = found || v != nil && counters[v]
		}
		return !found
	})
	return found
}

// runsBefore reports whether the program does by hand, before every restart,
// what an exit handler is for.
func (p *program) runsBefore(restarts []restart, root ctext.Root) bool {
	var entries []string
	for _, r := range p.cgo.C.Reach(root.Name) {
		entries = append(entries, r.Entry)
	}
	for _, r := range restarts {
		if !p.before(r, func(n ast.Node) bool { return p.runsRoot(n, root.Name, entries) }) {
			return false
		}
	}
	return true
}

func (p *program) runsRoot(n ast.Node, root string, entries []string) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	if name, ok := cgosource.FuncName(p.info, call); ok {
		return name == root || name == "exit" || p.cgo.C.Calls(name, func(c ctext.Call) bool { return c.Callee == root })
	}
	fn := typeutil.StaticCallee(p.info, call)
	for _, e := range entries {
		if export := p.cgo.Export(e); export != nil && export.Func == fn {
			return true
		}
	}
	return false
}
