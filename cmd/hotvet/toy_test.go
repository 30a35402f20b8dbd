package main

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/cmd/internal/cli"
	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// lost reports calls to os.Exit, and of functions that call it; the latter are
// facts. Its fix of a direct call is to exit with 0.
var lost = &analysis.Analyzer{
	Name:      "lost",
	Doc:       "report calls that end the process",
	URL:       "https://example.test/lost",
	FactTypes: []analysis.Fact{new(exits)},
	Run:       runLost,
}

type exits struct{ By string }

func (*exits) AFact() {}

func runLost(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					lostCall(pass, fn, call)
				}
				return true
			})
		}
	}
	return nil, nil
}

func lostCall(pass *analysis.Pass, fn *ast.FuncDecl, call *ast.CallExpr) {
	callee, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok {
		return
	}
	d := analysis.Diagnostic{
		Pos: call.Pos(), End: call.End(), Category: "lost/wrap", Message: "call ends the process",
		Related: []analysis.RelatedInformation{{Pos: fn.Name.Pos(), End: fn.Name.End(), Message: "in this function"}},
	}
	switch {
	case callee.FullName() == "os.Exit":
		d.Category = "lost/exit"
		arg := call.Args[0]
		d.SuggestedFixes = []analysis.SuggestedFix{{
			Message:   "Exit with 0",
			TextEdits: []analysis.TextEdit{{Pos: arg.Pos(), End: arg.End(), NewText: []byte("0")}},
		}}
		pass.ExportObjectFact(pass.TypesInfo.Defs[fn.Name], &exits{By: "os.Exit"})
	case !pass.ImportObjectFact(callee, new(exits)):
		return
	}
	if lit, ok := call.Args, true; ok && len(lit) == 1 {
		if b, ok := lit[0].(*ast.BasicLit); ok && b.Value == "0" {
			return
		}
	}
	pass.Report(d)
}

// crash reports calls of panic.
var crash = &analysis.Analyzer{
	Name: "crash",
	Doc:  "report calls of panic",
	URL:  "https://example.test/crash",
	Run: func(pass *analysis.Pass) (any, error) {
		for id, obj := range pass.TypesInfo.Uses {
			if obj == types.Universe.Lookup("panic") {
				pass.Report(analysis.Diagnostic{Pos: id.Pos(), End: id.End(), Category: "crash/panic", Message: "panic crashes the process"})
			}
		}
		return nil, nil
	},
}

// panics is an analyzer with a defect.
var panics = &analysis.Analyzer{
	Name: "panics",
	Doc:  "panic on package main",
	URL:  "https://example.test/panics",
	Run: func(pass *analysis.Pass) (any, error) {
		if pass.Pkg.Name() == "main" {
			var m map[string]int
			m["defect"] = 1
		}
		return nil, nil
	},
}

func toyProgram(list ...*analysis.Analyzer) *cli.Program {
	p := &cli.Program{Shortcut: unit.NewShortcut(func() (functions, imports []string) { return []string{"os.Exit"}, nil })}
	for _, a := range list {
		p.Analyzers = append(p.Analyzers, cli.Analyzer{
			Analyzer: a,
			Severity: lint.SeverityError,
			Since:    "v0.1.0",
			Document: func() (*lint.RawDocumentation, error) {
				return &lint.RawDocumentation{Title: a.Doc, Text: "Text.", Before: "wrong()", After: "right()", Severity: lint.SeverityError}, nil
			},
		})
	}
	return p
}
