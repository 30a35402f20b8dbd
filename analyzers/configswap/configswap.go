package configswap

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
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
	Requires: []*analysis.Analyzer{exchanges},
	Run:      run,
}

// checker holds what the checks of one package share.
type checker struct {
	pass     *analysis.Pass
	life     *lifecycle.Package
	state    *access.State
	rep      *findings
	shared   *sharing
	rebuilt  rebuilt
	memo     map[*access.Access]*verdict
	outsides map[*lifecycle.Func]*outside
	told     map[*access.Cell]bool // a race, mutation or free
	stale    map[*access.Cell]bool // mixed or snapshot: a fault of a reader alone

	callsOf  map[*lifecycle.Func][]*lifecycle.Call // see callers
	sets     map[*lifecycle.Func]int               // see fieldsSet
	released map[*types.TypeName]bool              // see blocksAndReleases

	foreign  map[*types.Func]*exchangeFact // of functions that the package calls
	between  *crossing                     // see crossing
	examined bool
}

// findings are kept until it is known whether anybody wants them: of a
// dependency only the facts are.
type findings struct{ list []report.Finding }

func (f *findings) Report(finding report.Finding) { f.list = append(f.list, finding) }

func newChecker(pass *analysis.Pass) *checker {
	return &checker{
		pass:     pass,
		life:     lifecycle.Of(pass),
		rep:      new(findings),
		memo:     make(map[*access.Access]*verdict),
		outsides: make(map[*lifecycle.Func]*outside),
		told:     make(map[*access.Cell]bool),
		stale:    make(map[*access.Cell]bool),
		released: make(map[*types.TypeName]bool),
	}
}

func run(pass *analysis.Pass) (any, error) {
	rep := report.New(pass)
	defer rep.Done()
	c := pass.ResultOf[exchanges].(*checker)
	c.examine()
	for _, f := range c.rep.list {
		rep.Report(f)
	}
	return nil, nil
}

// examine runs the checks, once.
func (c *checker) examine() {
	if c.examined {
		return
	}
	c.examined = true
	if len(c.foreign) == 0 && !mayReload(c.pass) {
		return
	}
	c.libraries()
	if !c.concurrent() {
		return
	}
	c.collect()
	// The particular shapes come first: what they say of a cell is more to the
	// point than that it races.
	c.freed()
	atomics := c.hasAtomics()
	if atomics {
		c.mutated()
	}
	c.races()
	if atomics {
		c.mixed()
	}
	c.snapshots()
	c.across()
}

// collect computes what the checks stand on, once.
func (c *checker) collect() {
	if c.state == nil {
		c.state = access.Collect(c.pass)
		c.shared = newSharing(c)
		c.rebuilt = newRebuilt(c)
	}
}

// concurrent reports whether anything in the package shows that its code runs on
// several goroutines: it starts or serves some, answers events, or synchronises.
func (c *checker) concurrent() bool {
	for _, r := range c.life.Roots() {
		switch r.Kind {
		case lifecycle.Goroutine, lifecycle.Handler, lifecycle.Reload:
			return true
		}
	}
	for _, f := range c.life.Funcs() {
		if len(f.Triggers) > 0 {
			return true
		}
		for _, call := range f.Calls {
			if _, ok := call.Has("publishes"); ok || access.IsLock(call) {
				return true
			}
		}
	}
	return false
}

// hasAtomics reports whether some state of the package is published atomically.
func (c *checker) hasAtomics() bool {
	for _, cell := range c.state.Cells {
		for _, a := range cell.Accesses {
			if a.Atomic && a.Op == access.Replace {
				return true
			}
		}
	}
	return false
}

// mayReload is the cheap filter: a package that assigns to nothing but new
// variables, or in which nothing shows that several goroutines run, needs no
// further look.
func mayReload(pass *analysis.Pass) bool {
	return filterOf(pass, filter{concurrent: importsConcurrency(pass)})
}

// assigns reports whether a package assigns to anything but new variables.
func assigns(pass *analysis.Pass) bool { return filterOf(pass, filter{concurrent: true}) }

func filterOf(pass *analysis.Pass, f filter) bool {
	for _, file := range pass.Files {
		if !strings.HasSuffix(pass.Fset.Position(file.Package).Filename, "_test.go") {
			ast.Inspect(file, f.see)
		}
	}
	return f.concurrent && f.assigns
}

// importsConcurrency reports whether the package imports one whose users run on
// several goroutines; libraries outside the standard one may all be such.
func importsConcurrency(pass *analysis.Pass) bool {
	for _, imp := range pass.Pkg.Imports() {
		switch path := imp.Path(); {
		case path == "sync", path == "sync/atomic", path == "os/signal", path == "net/http", path == "time",
			strings.Contains(path, "."):
			return true
		}
	}
	return false
}

type filter struct{ concurrent, assigns bool }

func (f *filter) see(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		f.assigns = f.assigns || n.Tok == token.ASSIGN
	case *ast.GoStmt:
		f.concurrent = true
	case *ast.UnaryExpr:
		f.concurrent = f.concurrent || n.Op == token.ARROW
	case *ast.SelectorExpr:
		// What an atomic or a decoder does with its argument is a write too.
		switch name := n.Sel.Name; name {
		case "Store", "Swap", "CompareAndSwap", "StorePointer", "SwapPointer", "WatchConfig":
			f.assigns = true
		default:
			f.assigns = f.assigns || access.Fills(name)
		}
	}
	return !(f.concurrent && f.assigns)
}
