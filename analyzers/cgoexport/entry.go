package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

const (
	msgCtor   = "C constructor calls the export before Go runs and hangs"
	msgJoin   = "init waits for a C thread that calls an export and hangs"
	msgSignal = "C signal handler calls the export and crashes threads running Go"
	msgAtexit = "exit handler of C is skipped when the process is replaced"
)

// reportConstructors reports exports that C calls while the program starts: a
// constructor waits for the run time, which starts after it.
func (p *program) reportConstructors(rep *report.Reporter) {
	for _, root := range p.cgo.C.Constructors() {
		p.reportRoot(rep, root, "ctor", msgCtor, "the constructor is here")
	}
	for _, c := range p.cgo.Calls {
		if p.waitsInInit(c) && p.joins(c.Name) && len(p.threads) > 0 {
			rep.Report(report.Finding{Node: c.Expr, Kind: "ctor", Message: msgJoin, Related: p.threadEntries()})
		}
	}
}

// waitsInInit reports whether a call of C is made in the initialization of the
// package, and not in a function that this only makes and keeps.
func (p *program) waitsInInit(c *cgosource.Call) bool {
	if c.In != nil {
		return p.onlyInit(c.In, maxDepth) && !kept(c.In, c.Expr.Pos())
	}
	return !slices.ContainsFunc(p.inits, func(decl ast.Decl) bool { return kept(decl, c.Expr.Pos()) })
}

// kept reports whether pos is in a function literal of root that is not called
// where it stands, or is called by a goroutine that nobody waits for.
func kept(root ast.Node, pos token.Pos) (found bool) {
	called := make(map[ast.Expr]bool)
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			called[ast.Unparen(n.Call.Fun)] = false
		case *ast.CallExpr:
			fun := ast.Unparen(n.Fun)
			if _, started := called[fun]; !started {
				called[fun] = true
			}
		case *ast.FuncLit:
			found = found || n.Pos() <= pos && pos < n.End() && !called[n]
		}
		return !found
	})
	return found
}

// threadEntries tells which exports the threads of C call.
func (p *program) threadEntries() []analysis.RelatedInformation {
	var list []analysis.RelatedInformation
	for _, e := range p.cgo.Exports {
		if p.threads[e.Name] {
			list = append(list, report.Related(e.Decl.Name, "the thread waits here until init is done"))
		}
	}
	return list
}

// onlyInit reports whether a function runs in the initialization of the
// package: it is init, or init calls it.
func (p *program) onlyInit(fd *ast.FuncDecl, depth int) bool {
	if isInit(fd) {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, caller := range p.decls {
		if caller != fd && p.runs(caller, p.funcOf(fd)) && p.onlyInit(caller, depth-1) {
			return true
		}
	}
	for _, init := range p.inits {
		if p.runs(init, p.funcOf(fd)) {
			return true
		}
	}
	return false
}

// runs reports whether a declaration calls a function itself, when it runs.
func (p *program) runs(decl ast.Decl, fn *types.Func) bool {
	return slices.ContainsFunc(p.callsOf(decl, fn), func(call *ast.CallExpr) bool { return !kept(decl, call.Pos()) })
}

// joins reports whether a C function waits for a thread.
func (p *program) joins(name string) bool {
	return ctext.IsJoin(ctext.Call{Callee: name}) || p.cgo.C.Calls(name, ctext.IsJoin)
}

// reportSignals reports exports that run in a signal handler.
func (p *program) reportSignals(rep *report.Reporter) {
	for _, root := range p.cgo.C.SignalHandlers() {
		p.reportRoot(rep, root, "signal", msgSignal, "the handler is installed here")
	}
}

// reportExits reports exports that C is to call at its end, in programs that
// end otherwise.
func (p *program) reportExits(rep *report.Reporter) {
	restart := p.restart()
	if restart == nil {
		return
	}
	for _, root := range p.cgo.C.ExitHandlers() {
		if !p.runsBefore(restart, root) {
			p.reportRoot(rep, root, "atexit", msgAtexit, "the handler is registered here", restart...)
		}
	}
}

// reportRoot reports each export that a root reaches.
func (p *program) reportRoot(rep *report.Reporter, root ctext.Root, kind, msg, there string, more ...restart) {
	for _, r := range p.cgo.C.Reach(root.Name) {
		e := p.cgo.Export(r.Entry)
		if e == nil {
			continue
		}
		f := report.Finding{Node: e.Decl.Name, Kind: kind, Message: msg}
		f.Related = append(f.Related, p.rootRelated(e, root, there)...)
		for _, m := range more {
			f.Related = append(f.Related, m.related(e))
		}
		rep.Report(f)
	}
}

// rootRelated tells where a root is registered, in C or in Go.
func (p *program) rootRelated(e *cgosource.Export, root ctext.Root, there string) []analysis.RelatedInformation {
	if root.In != nil {
		if at, ok := p.cgo.Range(root.In, root.Off, 1); ok {
			return []analysis.RelatedInformation{report.Related(at, there)}
		}
	}
	return p.entries(e)
}
