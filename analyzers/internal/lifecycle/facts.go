package lifecycle

import "strings"

// funcFact is what callers in other packages must know of a function.
type funcFact struct {
	Stops, Leaves, Failed, Hands Resource
	Reached, Always              [numEnds]bool
	Bare                         [numEnds]Resource
	Serves                       bool // and so blocks
}

func (*funcFact) AFact() {}

// String tells the fact in the words that tests use.
func (f *funcFact) String() string {
	var words []string
	add := func(verb string, set Resource) {
		for _, r := range resources {
			if set&r.bit != 0 {
				words = append(words, verb+" "+r.name)
			}
		}
	}
	add("stops", f.Stops)
	add("leaves", f.Leaves)
	add("fails with", f.Failed)
	add("hands", f.Hands)
	for kind, verb := range [numEnds]string{"replaces", "exits"} {
		switch {
		case f.Always[kind]:
			words = append(words, verb+" always")
		case f.Reached[kind]:
			words = append(words, verb)
		}
		add(verb+" without stopping", f.Bare[kind])
	}
	if f.Serves {
		words = append(words, "serves")
	}
	return "lifecycle: " + strings.Join(words, ", ")
}

// effects returns the fact as the effects of the call c.
func (f *funcFact) effects(c *Call) *Effects {
	e := &Effects{Stops: f.Stops, Leaves: f.Leaves, Failed: f.Failed, Hands: f.Hands, Serves: f.Serves, Blocks: f.Serves}
	for kind := range e.Ends {
		if f.Reached[kind] {
			e.Ends[kind] = End{Reached: true, Always: f.Always[kind], Bare: f.Bare[kind], Via: c}
		}
	}
	for _, r := range resources {
		if f.Leaves&r.bit != 0 {
			e.Starts = append(e.Starts, &Start{r.bit, c})
		}
	}
	return e
}

// factOf returns the fact to export for e, or nil when there is nothing to say.
// An exit that is only possible is not exported: nearly every function can fail
// somewhere below, and a finding about that would be noise to its reader.
func factOf(e *Effects) *funcFact {
	f := &funcFact{Stops: e.Stops, Leaves: e.Leaves, Failed: e.Failed, Hands: e.Hands, Serves: e.Serves}
	for kind, end := range e.Ends {
		if end.Reached && (EndKind(kind) == Replaced || end.Always) {
			f.Reached[kind], f.Always[kind], f.Bare[kind] = true, end.Always, end.Bare
		}
	}
	if *f == (funcFact{}) {
		return nil
	}
	return f
}

func (p *Package) exportFacts() {
	pkg := new(packageFact)
	for _, f := range p.Funcs() {
		if p.inTest(f) {
			continue
		}
		for _, c := range f.Calls {
			if _, ok := c.Has("replaces"); ok && pkg.Replaces == "" {
				pkg.Replaces = p.owner(f)
			}
			if _, ok := c.Has("catches"); ok {
				pkg.Catches = true
			}
			if _, ok := c.Has("restarts"); ok && pkg.Restarts == "" {
				pkg.Restarts = p.owner(f)
			}
		}
		if f.Obj == nil {
			continue
		}
		if fact := factOf(p.Effects(f)); fact != nil {
			p.pass.ExportObjectFact(f.Obj, fact)
		}
	}
	pkg.Pprof = p.importsPprof() != nil
	if *pkg != (packageFact{}) {
		p.pass.ExportPackageFact(pkg)
	}
}

// owner names the declared function around f for readers of other packages.
func (p *Package) owner(f *Func) string {
	if out := f.Outermost(); out.Obj != nil {
		return qualified(out.Obj)
	}
	return p.pass.Pkg.Name()
}
