package cgoexport

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

const msgDrainAcross = "C thread of a dependency is cut inside callbacks by this restart"

// threads does what has to be known of a package before its importers are
// looked at; its result is the *program of the package, nil when cgoexport has
// nothing to say about it.
var threads = &analysis.Analyzer{
	Name:       "cgothreads",
	Doc:        "find the packages that threads of C call into\n\nA part of cgoexport; it reports nothing.",
	Requires:   []*analysis.Analyzer{lifecycle.Analyzer},
	ResultType: reflect.TypeFor[*program](),
	FactTypes:  []analysis.Fact{(*threadFact)(nil)},
	Run:        loadProgram,
}

func loadProgram(pass *analysis.Pass) (any, error) {
	cgo := cgosource.Load(pass)
	if cgo == nil && !hasThreads(pass) {
		return (*program)(nil), nil
	}
	p := newProgram(pass, cgo)
	if cgo != nil {
		p.exportThreads()
	}
	return p, nil
}

// hasThreads reports whether threads of C call into a dependency.
func hasThreads(pass *analysis.Pass) bool {
	for _, dep := range pass.AllPackageFacts() {
		if _, ok := dep.Fact.(*threadFact); ok && dep.Package != pass.Pkg {
			return true
		}
	}
	return false
}

// threadFact tells importers that threads of C call into a package.
type threadFact struct {
	Export string   // one of the functions that they call
	Ends   []string // full names of the exported functions that put an end to it
}

func (*threadFact) AFact() {}

func (f *threadFact) String() string { return "threads of C call " + f.Export }

// exportThreads exports the fact of a library.
func (p *program) exportThreads() {
	if p.pass.Pkg.Name() == "main" {
		return
	}
	for _, e := range p.cgo.Exports {
		if !p.threads[e.Name] {
			continue
		}
		fact := &threadFact{Export: e.Name}
		end := p.endOf(e)
		for fn, fd := range p.decls {
			if fn.Exported() && p.within(fd, fd.End(), end, maxDepth) {
				fact.Ends = append(fact.Ends, fn.FullName())
			}
		}
		slices.Sort(fact.Ends)
		p.pass.ExportPackageFact(fact)
		return
	}
}

// reportDependencies reports restarts of this package that cut the threads of a
// dependency: none of the functions that end them is called before.
func (p *program) reportDependencies(rep *report.Reporter) {
	for _, dep := range p.pass.AllPackageFacts() {
		fact, ok := dep.Fact.(*threadFact)
		if !ok || dep.Package == p.pass.Pkg {
			continue
		}
		ends := func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return false
			}
			fn, ok := typeutil.Callee(p.info, call).(*types.Func)
			return ok && slices.Contains(fact.Ends, fn.Origin().FullName())
		}
		for _, r := range p.restart() {
			if r.in == nil || p.before(r, ends) {
				continue
			}
			rep.Report(report.Finding{Node: r.call.(ast.Expr), Kind: "drain", Message: msgDrainAcross,
				Related: p.firstUse(dep.Package, fact, r)})
		}
	}
}

// firstUse tells where this package enters the dependency, or, when it does so
// through others, which one it is.
func (p *program) firstUse(dep *types.Package, fact *threadFact, r restart) []analysis.RelatedInformation {
	text := dep.Name() + "." + fact.Export + " is called by threads of C"
	for _, f := range p.pass.Files {
		var use *ast.Ident
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && use == nil {
				if fn, ok := p.info.Uses[id].(*types.Func); ok && fn.Pkg() == dep {
					use = id
				}
			}
			return use == nil
		})
		if use != nil {
			return []analysis.RelatedInformation{report.Related(use, text)}
		}
	}
	return []analysis.RelatedInformation{report.Related(r.call, text)}
}
