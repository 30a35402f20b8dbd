package configswap

import (
	"cmp"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// exchanges does what has to be known of a package before its importers are
// looked at; its result is the *checker of the package. It is an analyzer of its
// own, so that drivers compute facts of dependencies without their findings.
var exchanges = &analysis.Analyzer{
	Name:       "configexchange",
	Doc:        "find the functions that replace what others read\n\nA part of configswap; it reports nothing.",
	Requires:   []*analysis.Analyzer{lifecycle.Analyzer},
	ResultType: reflect.TypeFor[*checker](),
	FactTypes:  []analysis.Fact{(*exchangeFact)(nil)},
	Run: func(pass *analysis.Pass) (any, error) {
		c := newChecker(pass)
		if isUsers(pass) {
			c.foreign = c.reloaders()
			c.export()
		}
		return c, nil
	},
}

// isUsers reports whether the package is the user's own: only there is the state
// that a reload of the program replaces, and the go command asks about each of
// its dependencies too. Without a module (Bazel) the form of the path tells the
// standard library apart.
func isUsers(pass *analysis.Pass) bool {
	if pass.Module != nil {
		return pass.Module.Version == ""
	}
	first, _, _ := strings.Cut(pass.Pkg.Path(), "/")
	return strings.Contains(first, ".")
}

// exchangeFact tells importers that a function replaces state which other
// functions of its package read, and that nothing in the package keeps the two
// apart. A caller that runs them side by side has a race.
type exchangeFact struct{ Conflicts []conflict }

// A conflict is what a function does to one other.
type conflict struct {
	Reader string // see short
	Form   form
	Kind   string // by the type of the state: pointer, multiword or map
	Global bool   // the state is the package's, not the receiver's
	Runs   bool   // once Reader is called, reads go on: it serves, or starts what does
	Scalar bool   // the state is a number, a string or a flag
}

// form says which side of a conflict is synchronised.
type form int

const (
	bare form = iota
	writerLocked
	readerLocked
	otherLock
	writerAtomic
	readerAtomic
)

func (*exchangeFact) AFact() {}

// String tells the fact in the words that tests use.
func (f *exchangeFact) String() string {
	words := make([]string, len(f.Conflicts))
	for i, c := range f.Conflicts {
		words[i] = c.Reader + " (" + c.kind() + ")"
	}
	return "configswap: replaces what is read by " + strings.Join(words, ", ")
}

// kind is the second part of the category of a finding.
func (c conflict) kind() string {
	if c.Form == bare {
		return c.Kind
	}
	return "onesided"
}

// message tells the conflict to who reloads.
func (c conflict) message() string {
	return map[form]string{
		bare:         messages[c.Kind],
		writerLocked: "reload replaces state under a lock that its readers do not take",
		readerLocked: "state is replaced on reload without the lock that its users take",
		otherLock:    "reload replaces state under another lock than its readers take",
		writerAtomic: "reload replaces state atomically that its readers use plainly",
		readerAtomic: "state is replaced plainly on reload and used atomically elsewhere",
	}[c.Form]
}

// short names a function or method within its package: "Load", "Store.Load".
func short(fn *types.Func) string {
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Name()
	}
	t := recv.Type()
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Obj().Name() + "." + fn.Name()
	}
	return fn.Name()
}

// export exports the facts of a package.
func (c *checker) export() {
	if c.pass.Pkg.Name() == "main" || strings.HasSuffix(c.pass.Pkg.Name(), "_test") || !assigns(c.pass) && len(c.foreign) == 0 {
		return
	}
	c.examine() // a race that the package itself shows is told there, once
	c.collect()
	relays := c.relays()
	cells := slices.Clone(c.state.Cells)
	for _, r := range relays {
		cells = append(cells, r.cell)
	}
	d := newDoors(c, cells)
	found := make(map[*lifecycle.Func]map[conflict]bool)
	for _, cell := range c.state.Cells {
		if !c.told[cell] && cell.Owner != access.Captured && cell.Var.Pkg() == c.pass.Pkg {
			c.conflicts(d, cell, c.exchanged, c.conflict, found)
		}
	}
	later := func(w *access.Access) bool { return w.Op == access.Replace && !w.Setup && !w.Once }
	for _, r := range relays {
		passed := func(_, _ *access.Access, in, out door) conflict { return r.with.passedOn(in, out) }
		c.conflicts(d, r.cell, later, passed, found)
	}
	for f, set := range found {
		c.pass.ExportObjectFact(f.Obj, &exchangeFact{worstOf(set)})
	}
}

// worstOf returns one conflict a reader, in a fixed order.
func worstOf(set map[conflict]bool) []conflict {
	list := make([]conflict, 0, len(set))
	for c := range set {
		list = append(list, c)
	}
	// What holds in the most situations comes first.
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b conflict) int {
		return cmp.Or(
			strings.Compare(a.Reader, b.Reader),
			flag(a.Scalar)-flag(b.Scalar), flag(b.Runs)-flag(a.Runs), flag(b.Global)-flag(a.Global),
			cmp.Compare(a.Form, b.Form), strings.Compare(a.Kind, b.Kind),
		)
	})
	return slices.CompactFunc(list, func(a, b conflict) bool { return a.Reader == b.Reader })
}

// conflicts adds the conflicts over one cell: between the accesses that exchange
// its value and those that read it, as tells them.
func (c *checker) conflicts(d *doors, cell *access.Cell, exchanges func(*access.Access) bool,
	as func(w, r *access.Access, in, out door) conflict, found map[*lifecycle.Func]map[conflict]bool) {
	writers := make(map[*lifecycle.Func]bool) // of the cell, on purpose or by the way
	for _, a := range cell.Accesses {
		for _, way := range d.of[a] {
			writers[way.entry] = writers[way.entry] || a.Op != access.Read
		}
	}
	if len(writers) == 0 {
		return
	}
	for _, w := range cell.Accesses {
		if len(d.of[w]) == 0 || !exchanges(w) {
			continue
		}
		for _, r := range cell.Accesses {
			if r.Op != access.Read || len(d.of[r]) == 0 || !c.unordered(w, r) {
				continue
			}
			for _, in := range d.of[w] {
				for _, out := range d.of[r] {
					if in.path != out.path || in.runs || writers[out.entry] || c.rebuilt.fills(c, w, in.root) {
						continue
					}
					if found[in.entry] == nil {
						found[in.entry] = make(map[conflict]bool)
					}
					found[in.entry][as(w, r, in, out)] = true
				}
			}
		}
	}
}

// exchanged reports whether w gives the state a new value, rather than a first
// one or a mark.
func (c *checker) exchanged(w *access.Access) bool {
	return w.Op >= access.InPlace && !w.Setup && !w.Once && !(w.Op == access.Replace && c.isToggle(w)) && !c.isLazy(w)
}

func (c *checker) conflict(w, r *access.Access, in, out door) conflict {
	return conflict{
		Reader: short(out.entry.Obj),
		Form:   formOf(w, r),
		Kind:   c.typeKind(w),
		Global: in.path == global,
		Runs:   out.runs,
		Scalar: isScalar(w.Cell.Var.Type()),
	}
}

// formOf returns which side of a conflict is synchronised.
func formOf(w, r *access.Access) form {
	guarded := func(a *access.Access) bool { return a.Atomic || len(a.Locks) > 0 }
	switch {
	case guarded(w) && guarded(r):
		return otherLock
	case w.Atomic:
		return writerAtomic
	case guarded(w):
		return writerLocked
	case r.Atomic:
		return readerAtomic
	case guarded(r):
		return readerLocked
	}
	return bare
}

// reloaders returns what the imports' facts tell of the functions that the
// package calls.
func (c *checker) reloaders() map[*types.Func]*exchangeFact {
	facts := make(map[*types.Func]*exchangeFact)
	for _, f := range c.life.Funcs() {
		for _, call := range f.Calls {
			fn := call.Static
			if fn == nil || fn.Pkg() == nil || fn.Pkg() == c.pass.Pkg {
				continue
			}
			if _, asked := facts[fn]; asked {
				continue
			}
			facts[fn] = nil
			if fact := new(exchangeFact); c.pass.ImportObjectFact(fn, fact) {
				facts[fn] = fact
			}
		}
	}
	for fn, fact := range facts {
		if fact == nil {
			delete(facts, fn)
		}
	}
	return facts
}
