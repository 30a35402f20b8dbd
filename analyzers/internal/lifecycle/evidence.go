package lifecycle

import (
	"go/ast"
	"go/types"
)

// Evidence is a sign that the program is replaced or reloads its configuration
// while it runs.
type Evidence struct {
	Verb string   // "replaces" (execve), "restarts" (a successor process), or "reloads"
	Node ast.Node // the call or receive in this package; nil when it is in a dependency
	Text string   // what and where, for a related message
}

// packageFact is what importers must know of a package as a whole.
type packageFact struct {
	Replaces string // a function that replaces the process by execve, or empty
	Restarts string // a function that starts the successor process, or empty
	Catches  bool   // asks for signals
	Pprof    bool   // serves the net/http/pprof handlers
}

func (*packageFact) AFact() {}

func (f *packageFact) String() string {
	s := "lifecycle:"
	if f.Replaces != "" {
		s += " replaces by " + f.Replaces
	}
	if f.Restarts != "" {
		s += " restarts by " + f.Restarts
	}
	if f.Catches {
		s += " catches signals"
	}
	if f.Pprof {
		s += " serves pprof"
	}
	return s
}

// Restarts returns the signs that the process is replaced while it runs: calls
// in this package, and dependencies that do it. Test files do not count.
func (p *Package) Restarts() []Evidence {
	var list []Evidence
	for _, f := range p.Funcs() {
		if p.inTest(f) {
			continue
		}
		for _, c := range f.Calls {
			for _, verb := range []string{"replaces", "restarts"} {
				if _, ok := c.Has(verb); ok {
					list = append(list, Evidence{Verb: verb, Node: c.Expr, Text: "the process is replaced here"})
				}
			}
		}
	}
	for _, dep := range p.pass.AllPackageFacts() {
		fact, ok := dep.Fact.(*packageFact)
		if !ok || dep.Package == p.pass.Pkg {
			continue
		}
		if fact.Replaces != "" {
			list = append(list, Evidence{Verb: "replaces", Text: "the process is replaced by " + fact.Replaces})
		}
		if fact.Restarts != "" {
			list = append(list, Evidence{Verb: "restarts", Text: "the process is replaced by " + fact.Restarts})
		}
	}
	return list
}

// Catches reports whether the package or a dependency asks for signals.
func (p *Package) Catches() bool {
	for _, f := range p.Funcs() {
		for _, c := range f.Calls {
			if _, ok := c.Has("catches"); ok {
				return true
			}
			if _, ok := c.Has("catchesctx"); ok {
				return true
			}
		}
	}
	for _, dep := range p.pass.AllPackageFacts() {
		if fact, ok := dep.Fact.(*packageFact); ok && fact.Catches {
			return true
		}
	}
	return false
}

// ServesPprof reports whether the package or a dependency serves the handlers
// of net/http/pprof; spec is the import in this package, if it is here.
func (p *Package) ServesPprof() (spec *ast.ImportSpec, ok bool) {
	if spec := p.importsPprof(); spec != nil {
		return spec, true
	}
	for _, dep := range p.pass.AllPackageFacts() {
		if fact, isFact := dep.Fact.(*packageFact); isFact && fact.Pprof {
			return nil, true
		}
	}
	return nil, false
}

// importsPprof returns the import of net/http/pprof, which adds its handlers to
// the default mux, or nil. Those of test files do not count.
func (p *Package) importsPprof() *ast.ImportSpec {
	for _, file := range p.pass.Files {
		for _, spec := range file.Imports {
			if spec.Path.Value == `"net/http/pprof"` && !p.InTest(spec.Pos()) {
				return spec
			}
		}
	}
	return nil
}

// qualified names a function for messages in other packages: pkg.Func or
// pkg.Type.Method, with the package name only.
func qualified(fn *types.Func) string {
	pkg := ""
	if fn.Pkg() != nil {
		pkg = fn.Pkg().Name() + "."
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return pkg + fn.Name()
	}
	t := recv.Type()
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return pkg + named.Obj().Name() + "." + fn.Name()
	}
	return pkg + fn.Name()
}
