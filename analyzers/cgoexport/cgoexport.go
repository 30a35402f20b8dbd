package cgoexport

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

//go:embed doc.go
var doc string

const name = "cgoexport"

// Analyzer reports exports that do not survive the ways in which C enters them.
var Analyzer = &analysis.Analyzer{
	Name:     name,
	Doc:      docs.MustExtract(doc, name),
	URL:      docs.URL(name),
	Requires: []*analysis.Analyzer{threads},
	Run:      run,
}

func run(pass *analysis.Pass) (any, error) {
	rep := report.New(pass)
	defer rep.Done()

	prog := pass.ResultOf[threads].(*program)
	if prog == nil {
		return nil, nil // neither exports nor dependencies with threads of C
	}
	prog.reportDependencies(rep)
	if prog.cgo == nil {
		return nil, nil
	}
	// Have: exports.
	prog.reportBodies(rep)
	for _, e := range prog.cgo.Exports {
		prog.reportABI(rep, e)
	}
	prog.reportConstructors(rep)
	prog.reportSignals(rep)
	prog.reportExits(rep)
	prog.reportDrain(rep)
	return nil, nil
}

// A finding is a risk of an export, and of others that share the construct.
type finding struct {
	risk
	export *cgosource.Export
	also   []*cgosource.Export
}

// reportBodies reports what the bodies of the exports can do to C: one finding
// of each kind for an export, the most telling one, and one finding for all the
// exports that call the function which has the construct.
func (p *program) reportBodies(rep *report.Reporter) {
	var list []*finding
	shared := make(map[string]*finding)
	for _, e := range p.cgo.Exports {
		for _, r := range p.risksOf(e) {
			key := fmt.Sprint(r.kind, r.node.Pos())
			if first := shared[key]; first != nil && !r.inside {
				first.also = append(first.also, e)
				continue
			}
			f := &finding{risk: r, export: e}
			shared[key] = f
			list = append(list, f)
		}
	}
	for _, f := range list {
		p.reportRisk(rep, f)
	}
}

// risksOf returns the first risk of each kind.
func (p *program) risksOf(e *cgosource.Export) []risk {
	w := &walker{program: p, export: e}
	fr := &frame{body: e.Decl.Body, export: true, seen: map[*types.Func]bool{e.Func: true}, given: paramsFromC(e.Func.Signature())}
	w.block(fr, e.Decl.Body)

	releases := w.releases(e)
	risks := slices.DeleteFunc(w.risks, func(r risk) bool { return releases && w.endsLife(r) })
	risks = onePerConstruct(risks)
	slices.SortStableFunc(risks, func(a, b risk) int { return a.rank - b.rank })
	told := make(map[string]bool)
	return slices.DeleteFunc(risks, func(r risk) bool {
		before := told[r.kind]
		told[r.kind] = true
		return before
	})
}

// onePerConstruct leaves out the entry that may be gone where the same call
// runs a callback of the user: that one panics without C's doing.
func onePerConstruct(risks []risk) []risk {
	calls := make(map[token.Pos]bool)
	for _, r := range risks {
		if r.kind == "panic" && r.rank == rankUser {
			calls[r.node.Pos()] = true
		}
	}
	return slices.DeleteFunc(risks, func(r risk) bool { return r.rank == rankLookup && calls[r.node.Pos()] })
}

// reportRisk puts the finding on the construct, or on the name of the export
// when the construct is in a function that others may call as well.
func (p *program) reportRisk(rep *report.Reporter, r *finding) {
	f := report.Finding{Node: r.export.Decl.Name, Kind: r.kind, Message: r.msg}
	if r.inside {
		f.Node = r.node
		f.Related = append(f.Related, report.Related(r.export.Decl.Name, "C enters here"))
	} else {
		f.Related = append(f.Related, report.Related(r.node, "this is called from the export"))
	}
	f.Related = append(f.Related, r.others...)
	for _, e := range r.also {
		f.Related = append(f.Related, report.Related(e.Decl.Name, "C enters here as well"))
	}
	f.Related = append(f.Related, p.entries(r.export)...)
	rep.Report(f)
}

// entries tells how C comes to the export: the call that hands over its
// address, and the mutex that C holds around the call.
func (p *program) entries(e *cgosource.Export) []analysis.RelatedInformation {
	var list []analysis.RelatedInformation
	if calls := p.cgo.Handed(e.Name); len(calls) > 0 {
		list = append(list, report.Related(calls[0].Expr, "C gets the address of the export here"))
	}
	if lock, ok := p.lockAround(e.Name); ok {
		list = append(list, report.Related(lock, "C holds this mutex around the call"))
	}
	return list
}

// releases reports whether an export removes the entry of the key that it was
// called with: it is the end of that entry's life, which C reaches once.
func (w *walker) releases(e *cgosource.Export) bool {
	fr := &frame{body: e.Decl.Body, given: paramsFromC(e.Func.Signature())}
	return w.removes(fr, e.Decl.Body, maxDepth)
}

// endsLife reports whether a risk is none for an export that releases: the
// entry is there, and the methods of the object that goes away report failure
// by their result.
func (w *walker) endsLife(r risk) bool {
	if r.rank == rankLookup {
		return true
	}
	call, ok := r.node.(*ast.CallExpr)
	if !ok || r.rank != rankUser {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && types.IsInterface(w.info.TypeOf(sel.X))
}
