// Package access tells who reads and writes the shared state of a package:
// package-level variables, fields reached through a pointer, and local variables
// that a function literal captures; which locks are held there, and which
// accesses happen before the state is shared at all.
//
// # Method
//
// A cell is the variable or field behind the last pointer of an access path, so
// that s.opts.Labels is cell "opts" with the part "Labels" when opts is a struct
// value, and cell "Labels" when it is a pointer. Cells are told apart by
// declaration, not by object: two values of one type share their cells.
//
// Locks are a forward analysis over the control-flow graph of each function, in
// two lattices: what is held on every path (must, by intersection) and on some
// path (may, by union), with the locks that every or some caller in the package
// holds on entry, and the net effect of functions that only lock or unlock. What
// protects is the may set, since a path without the lock is usually one on which
// nothing is shared; what is called locked is the must set. A lock is the field or variable it is declared as; one whose identity is lost
// (through a pointer or an interface) stands for any lock.
//
// An access is setup when its object was allocated in the same function or in
// that of every caller, or when only the program's start reaches it.
//
// # Known unsoundness
//
// Aliases of cells through pointers are not followed. Happens-before through
// channels and wait groups is not modelled: callers of this package decide by
// roots. A condition that guards an unlocked access is not understood.
package access

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// Op is what an access does to its cell.
type Op int

// The operations, from the weakest.
const (
	Read    Op = iota
	Update     // new value made from the old: counters, append; an element of a slice
	InPlace    // an entry of a map changes
	Replace    // a new value for the whole cell or a whole part
)

// Owner is where a cell lives.
type Owner int

// The owners.
const (
	Field Owner = iota
	PackageVar
	Captured // a local variable that function literals share
)

// Cell is one piece of state.
type Cell struct {
	Var      *types.Var // origin of the field or variable
	Owner    Owner
	Accesses []*Access // in source order of the functions
}

// Access is one read or write.
type Access struct {
	Cell   *Cell
	Op     Op
	Part   string   // fields within the value, "" for all of it
	Node   ast.Expr // the expression that denotes the cell or its part
	Base   ast.Expr // what holds the field; nil for a variable
	In     *lifecycle.Func
	Value  ast.Expr // what a Replace assigns, if it is an expression
	Locks  Locks    // held here on every way
	Usual  Locks    // held here on some way
	Atomic bool     // through sync/atomic
	Setup  bool     // before the state is shared
	Once   bool     // inside a sync.Once
	Decode bool     // the address is handed to a function that fills it
}

// Name is the cell for messages: the type and field, or the variable.
func (c *Cell) Name() string { return c.Var.Name() }

// State is what a package does with shared state.
type State struct {
	Cells []*Cell

	pass     *analysis.Pass
	life     *lifecycle.Package
	tests    []*ast.File
	contexts map[*lifecycle.Func][]lifecycle.Context // see Contexts
	byVar    map[*types.Var]*Cell
	wholes   []*whole
	locks    *lockTable
	fresh    *freshness
	capture  map[*types.Var]bool
	mains    map[*lifecycle.Root]*lifecycle.Root // see mainRoots
	starts   map[*lifecycle.Func]bool            // entered by a root of its own
	memberOf map[types.Object]*types.TypeName    // see members
	looped   map[*lifecycle.Func]bool            // runs in a loop of the program's main goroutine
	once     map[*lifecycle.Func]bool            // runs at most once, by sync.Once
}

// whole is a write of a complete struct through a pointer: *p = v.
type whole struct {
	typ    *types.Named
	access *Access
}

// Collect computes the accesses of the package that pass analyzes, test files
// left out.
func Collect(pass *analysis.Pass) *State {
	s := &State{
		pass:  pass,
		life:  lifecycle.Of(pass),
		byVar: make(map[*types.Var]*Cell),

		contexts: make(map[*lifecycle.Func][]lifecycle.Context),
	}
	for _, file := range pass.Files {
		if strings.HasSuffix(pass.Fset.Position(file.Package).Filename, "_test.go") {
			s.tests = append(s.tests, file)
		}
	}
	s.mains = s.mainRoots()
	s.starts = make(map[*lifecycle.Func]bool)
	for _, r := range s.life.Roots() {
		if !s.testRoot(r) && s.mains[r] == nil {
			s.starts[r.Entry] = true
		}
	}
	s.once = s.onceFuncs()
	s.capture = s.captured()
	s.looped = s.mainLoops()
	newFreshness(s)
	s.locks = newLockTable(s)
	for _, f := range s.life.Funcs() {
		if !s.inTest(f) {
			s.collect(f)
		}
	}
	s.spreadWholes()
	s.locks.enter()
	for _, c := range s.Cells {
		for _, a := range c.Accesses {
			a.Usual = a.Usual.with(s.locks.usual[a.In])
			a.Locks = a.Locks.with(s.locks.entry[a.In])
		}
	}
	return s
}

// cell returns the cell of v, made on first use.
func (s *State) cell(v *types.Var, owner Owner) *Cell {
	c := s.byVar[v]
	if c == nil {
		c = &Cell{Var: v, Owner: owner}
		s.byVar[v] = c
		s.Cells = append(s.Cells, c)
	}
	return c
}

// CellOf returns the cell of a variable or field, nil if nothing accesses it.
func (s *State) CellOf(v *types.Var) *Cell { return s.byVar[v] }

// spreadWholes adds a write of a complete struct to the cells of its fields.
func (s *State) spreadWholes() {
	for _, w := range s.wholes {
		st, ok := w.typ.Origin().Underlying().(*types.Struct)
		if !ok {
			continue
		}
		for i := range st.NumFields() {
			if c := s.byVar[st.Field(i)]; c != nil && watched(c.Var.Type()) {
				a := *w.access
				a.Cell = c
				c.Accesses = append(c.Accesses, &a)
			}
		}
	}
}

// captured returns the local variables that a function literal uses and does
// not declare.
func (s *State) captured() map[*types.Var]bool {
	set := make(map[*types.Var]bool)
	for _, f := range s.life.Funcs() {
		if f.Lit == nil {
			continue
		}
		ast.Inspect(f.Lit.Body, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			v, ok := s.pass.TypesInfo.Uses[id].(*types.Var)
			if ok && !v.IsField() && !isGlobal(v) && (v.Pos() < f.Lit.Pos() || v.Pos() >= f.Lit.End()) {
				set[v] = true
			}
			return true
		})
	}
	return set
}

// Overlap reports whether two parts of one cell share memory.
func Overlap(a, b string) bool {
	return a == b || a == "" || b == "" || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// isGlobal reports whether v is declared at package level.
func isGlobal(v *types.Var) bool {
	return v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// watched reports whether a value of type t can be configuration: locks,
// atomics, channels, times, contexts and the like guard or move data, they are
// not replaced on a reload.
func watched(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return false
	case *types.Pointer:
		t = u.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return true
	}
	obj := named.Obj()
	if obj.Pkg() == nil {
		return obj.Name() != "error"
	}
	switch obj.Pkg().Path() {
	case "sync", "sync/atomic", "time", "context", "os/signal":
		return obj.Name() == "Duration" || obj.Name() == "Location"
	}
	return true
}
