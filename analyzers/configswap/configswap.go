package configswap

import (
	_ "embed"
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/docs"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

//go:embed doc.go
var doc string

// Analyzer reports configuration that a reload replaces while other goroutines
// use it. See the package comment.
var Analyzer = &analysis.Analyzer{
	Name:     "configswap",
	Doc:      docs.MustExtract(doc, "configswap"),
	URL:      docs.URL("configswap"),
	Requires: []*analysis.Analyzer{lifecycle.Analyzer},
	Run:      run,
}

// checker holds what the checks of one package share.
type checker struct {
	pass   *analysis.Pass
	life   *lifecycle.Package
	state  *access.State
	rep    *report.Reporter
	shared *sharing
	memo   map[*access.Access]*verdict
	told   map[*access.Cell]bool
}

func run(pass *analysis.Pass) (any, error) {
	rep := report.New(pass)
	defer rep.Done()
	if !mayReload(pass) {
		return nil, nil
	}
	c := &checker{
		pass: pass,
		life: lifecycle.Of(pass),
		rep:  rep,
		memo: make(map[*access.Access]*verdict),
		told: make(map[*access.Cell]bool),
	}
	c.libraries()
	c.state = access.Collect(pass)
	c.shared = newSharing(c)
	// The particular shapes come first: what they say of a cell is more to the
	// point than that it races.
	c.freed()
	c.mutated()
	c.races()
	c.mixed()
	c.snapshots()
	return nil, nil
}

// mayReload is the cheap filter: a package in which nothing runs concurrently
// or nothing is assigned to shared state needs no further look.
func mayReload(pass *analysis.Pass) bool {
	concurrent := false
	for _, imp := range pass.Pkg.Imports() {
		switch path := imp.Path(); {
		case path == "sync", path == "sync/atomic", path == "os/signal", path == "net/http", path == "time",
			strings.Contains(path, "."):
			concurrent = true
		}
	}
	if !concurrent {
		return false
	}
	for _, f := range pass.Files {
		if !strings.HasSuffix(pass.Fset.Position(f.Package).Filename, "_test.go") && assigns(f) {
			return true
		}
	}
	return false
}

// assigns reports whether f assigns to anything but new variables, or calls a
// method or function whose argument may be the new value.
func assigns(f *ast.File) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			found = found || n.Tok == token.ASSIGN
		case *ast.SelectorExpr:
			switch n.Sel.Name {
			case "Store", "Swap", "CompareAndSwap", "StorePointer", "SwapPointer", "WatchConfig":
				found = true
			}
		}
		return !found
	})
	return found
}
