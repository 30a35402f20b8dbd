// Package lifecycle is the engine that other analyzers stand on: which
// functions replace, end or reload the process, what they start and stop on the
// way, who calls whom, and in which goroutine and on what trigger a function
// runs.
//
// # Method
//
// The knowledge about functions that the engine cannot look into (the standard
// library, restart and configuration libraries) is data: model.txt. Everything
// else is computed bottom-up, one package at a time:
//
//   - A call graph over the declared functions and function literals of the
//     package. A call resolves to its static callee, to the function values
//     that the package stores in the called variable, field, parameter, result
//     or container element, and for an interface that the package declares to
//     its implementation when the package has exactly one.
//   - Contexts, top-down: the entry (main, goroutine, request handler,
//     callback, exported API) a function runs under, and the trigger (signal,
//     file event, ticker) that the innermost receive waited for.
//   - Effects, bottom-up: a forward dataflow over the control-flow graph of each
//     function, in the chain lattice unknown < cleared < running < stopped per
//     resource (see state.go), iterated to a fixed point over recursion. The
//     effects of a function that a callee is passed and calls count at the call
//     that passes it. What callers in other packages must know is exported as
//     one small fact a function.
//
// # Known unsoundness
//
// Function values that leave the package and come back (through an interface of
// another package, reflection, a channel) are not seen, but for two things: a
// stop that is passed to another package counts as done, and an execution in
// place as possible. A stop behind a condition counts as a stop: the condition
// is taken to be the one that guarded the start. Of calls through an interface
// with several implementations only the stops count. Branches on the same
// condition are not correlated otherwise. What is only possible at an exit is no
// fact: it is followed within a package alone. The standard library has no facts:
// the model covers it.
package lifecycle

import (
	"go/ast"
	"go/types"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
)

// Analyzer computes the lifecycle of a package. It reports nothing; its result
// is a [*Package]. It is a singleton without flags, because a fact type belongs
// to exactly one analyzer.
var Analyzer = &analysis.Analyzer{
	Name:       "lifecycle",
	Doc:        "compute which functions restart, end or reload the process\n\nThe engine of the hotvet analyzers; it reports nothing.",
	Run:        run,
	ResultType: reflect.TypeFor[*Package](),
	FactTypes:  []analysis.Fact{(*funcFact)(nil), (*packageFact)(nil), (*reloaderFact)(nil)},
}

// Package is the lifecycle of one package. Its parts are computed when they are
// first asked for; all methods may be called from several goroutines.
type Package struct {
	pass *analysis.Pass

	graphOnce sync.Once
	funcs     []*Func
	byObj     map[*types.Func]*Func
	methods   map[string][]*Func // by name
	calls     map[*ast.CallExpr]*Call
	values    *values
	signals   *notified

	contextsOnce sync.Once
	roots        []*Root
	synced       map[*Call][]*Func // what a call runs in its own goroutine

	effects map[*Func]*Effects // filled by run, like the next two
	worked  map[*Func]bool     // memo of works

	factsMu   sync.Mutex
	facts     map[*types.Func]*funcFact // of functions of other packages that were asked for; nil for none
	reloaders map[*types.Func]uint16    // the same, see reloads
}

// Of returns the lifecycle of the package that pass analyzes. The analyzer of
// pass must require [Analyzer].
func Of(pass *analysis.Pass) *Package { return pass.ResultOf[Analyzer].(*Package) }

func run(pass *analysis.Pass) (any, error) {
	p := &Package{pass: pass, effects: make(map[*Func]*Effects), worked: make(map[*Func]bool), facts: make(map[*types.Func]*funcFact),
		reloaders: make(map[*types.Func]uint16)}
	if p.relevant() {
		p.computeEffects()
		p.exportFacts()
	}
	p.exportReloaders()
	return p, nil
}
