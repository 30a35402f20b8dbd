package lifecycle

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// Resource is something that is started, and lost when the process goes on or
// ends without stopping it. Several make a set.
type Resource uint8

// The resources that the engine follows.
const (
	CPUProfile Resource = 1 << iota // runtime/pprof.StartCPUProfile
	Trace                           // runtime/trace.Start
	Requests                        // in flight in an http.Server, until Shutdown
)

// resources names the resources as the model does.
var resources = []struct {
	bit  Resource
	name string
}{{CPUProfile, "cpuprofile"}, {Trace, "trace"}, {Requests, "http"}}

// started returns what the roles start.
func started(roles []Role) Resource {
	var r Resource
	for _, role := range roles {
		if role.Verb == "starts" {
			r |= resourceOf(role.Object)
		}
	}
	return r
}

// resourceOf returns the resource that the model calls name, or 0. A profile
// whose kind is an option is a CPU profile unless told otherwise.
func resourceOf(name string) Resource {
	if name == "profile" {
		return CPUProfile
	}
	for _, r := range resources {
		if r.name == name {
			return r.bit
		}
	}
	return 0
}

// EndKind is a way in which the code of a process stops running without its
// deferred calls.
type EndKind int

// The ends. Replaced is execve in place, Exited is os.Exit and what calls it.
const (
	Replaced EndKind = iota
	Exited
	numEnds
)

// End says what a function does about one end of the process.
type End struct {
	Reached bool     // the function may end the process before it returns
	Always  bool     // it does nothing else: it never returns
	Bare    Resource // resources that it does not stop on some path to the end
	Via     *Call    // the call in the function that ends the process; nil in another package
}

// Effects are what a function does to the process when it is called, before it
// returns. Goroutines that it starts are not included.
type Effects struct {
	Stops  Resource // stopped when it returns
	Leaves Resource // started in it, and running at some return
	Hands  Resource // its result is, or has, the function that stops the resource
	Ends   [numEnds]End
	Serves bool // blocks serving requests
	Blocks bool // waits for other goroutines: a receive, a Wait, or Serves

	Starts []*Start // where it starts resources, its callees in the package included
	Open   []*Start // those that are running while it blocks
	Served []*Start // those that are running while it serves
	Hits   []Hit
	Rates  []RateHit
}

// Start is a call that starts a resource.
type Start struct {
	Resource Resource
	Call     *Call // the call of the function that the model or a fact names
}

// Hit is a call that ends the process while a resource, started before in the
// same function or its callees, is still running.
type Hit struct {
	Start *Start
	End   EndKind
	Call  *Call // in the function that the hit belongs to
	Sure  bool  // the call does nothing but end the process
}

// RateHit is a call of runtime.SetCPUProfileRate while a profile that the same
// function or its callees started is running.
type RateHit struct {
	Start *Start
	Call  *Call
}

// noEffects is shared by all functions that have none.
var noEffects = new(Effects)

// Effects returns what f does when it is called.
func (p *Package) Effects(f *Func) *Effects {
	if e, ok := p.effects[f]; ok {
		return e
	}
	return noEffects
}

// HasEffects reports whether any function of the package may have effects; all
// of them have none otherwise, and an analyzer of effects can return at once.
func (p *Package) HasEffects() bool { return len(p.effects) > 0 }

// relevant reports whether anything in the package can have an effect: a
// function that the model or an imported fact knows is mentioned.
func (p *Package) relevant() bool {
	if len(p.pass.AllObjectFacts()) > 0 {
		return true
	}
	for _, obj := range p.pass.TypesInfo.Uses {
		if fn, ok := obj.(*types.Func); ok && len(Roles(fn)) > 0 {
			return true
		}
	}
	return false
}

// computeEffects iterates over the functions of the package until their effects
// no longer grow. All components of Effects only grow, so this ends.
func (p *Package) computeEffects() {
	for range 20 {
		changed := false
		for _, f := range slices.Backward(p.Funcs()) {
			e := p.flow(f)
			if old, ok := p.effects[f]; !ok || !sameEffects(old, e) {
				p.effects[f] = e
				changed = true
			}
		}
		if !changed {
			return
		}
	}
}

func sameEffects(a, b *Effects) bool {
	if a.Stops != b.Stops || a.Leaves != b.Leaves || a.Hands != b.Hands || a.Serves != b.Serves || a.Blocks != b.Blocks ||
		len(a.Open) != len(b.Open) || len(a.Served) != len(b.Served) || len(a.Rates) != len(b.Rates) || len(a.Starts) != len(b.Starts) || len(a.Hits) != len(b.Hits) {
		return false
	}
	for i := range a.Ends {
		x, y := a.Ends[i], b.Ends[i]
		if x.Reached != y.Reached || x.Always != y.Always || x.Bare != y.Bare {
			return false
		}
	}
	return true
}

// CallEffects returns what a call may do before it returns. Several callees
// have the effects of any one; it is sure to end only if all are.
func (p *Package) CallEffects(c *Call) *Effects {
	var sum *Effects
	merge := func(e *Effects) {
		if sum == nil {
			first := *e
			sum = &first
			return
		}
		sum = union(sum, e)
	}
	for _, f := range c.Funcs {
		merge(p.Effects(f))
	}
	for _, fn := range c.Named {
		merge(p.namedEffects(c, fn))
	}
	if len(c.Funcs) == 0 && len(c.Named) == 0 {
		if r := p.handedStop(c); r != 0 {
			merge(&Effects{Stops: r})
		}
	}
	for _, b := range p.bindings(c) {
		if b.sync && len(c.Roles()) > 0 {
			called := *p.Effects(b.f)
			for i := range called.Ends {
				called.Ends[i].Always = false
			}
			merge(&called)
		}
	}
	if sum == nil {
		return noEffects
	}
	return sum
}

func union(a, b *Effects) *Effects {
	sum := &Effects{
		Stops:  a.Stops | b.Stops,
		Leaves: a.Leaves | b.Leaves,
		Hands:  a.Hands | b.Hands,
		Serves: a.Serves || b.Serves,
		Blocks: a.Blocks || b.Blocks,
		Starts: append(slices.Clone(a.Starts), b.Starts...),
	}
	for i := range sum.Ends {
		x, y := a.Ends[i], b.Ends[i]
		sum.Ends[i] = End{Reached: x.Reached || y.Reached, Always: x.Always && y.Always, Bare: x.Bare | y.Bare, Via: x.Via}
		if x.Via == nil {
			sum.Ends[i].Via = y.Via
		}
	}
	return sum
}

// namedEffects returns the effects of a function without a body here, called by
// c: those of the model, else those of its fact.
func (p *Package) namedEffects(c *Call, fn *types.Func) *Effects {
	roles := Roles(fn)
	if len(roles) == 0 {
		if r := p.handedStop(c); r != 0 {
			return &Effects{Stops: r}
		}
		if fact := p.facts[fn]; fact != nil {
			return fact.effects(c)
		}
		return noEffects
	}
	e := new(Effects)
	for _, role := range roles {
		switch role.Verb {
		case "starts":
			if r := resourceOf(role.Object); r != 0 {
				e.Leaves |= r
				e.Starts = append(e.Starts, &Start{r, c})
			}
		case "stops", "drains":
			e.Stops |= resourceOf(role.Object)
		case "stopsby":
			e.Hands |= started(roles)
		case "serves":
			e.Serves, e.Blocks = true, true
		case "waits":
			e.Blocks = true
		case "replaces":
			// Exec returns when it fails, so it is reached but not always the end.
			e.Ends[Replaced] = End{Reached: true, Bare: CPUProfile | Trace | Requests, Via: c}
		case "exits":
			e.Ends[Exited] = End{Reached: true, Always: true, Bare: CPUProfile | Trace | Requests, Via: c}
		}
	}
	return e
}

// handedStop returns the resources that c stops because it calls the result, or
// a method without arguments of the result, of a function that hands out the
// stop of what it started.
func (p *Package) handedStop(c *Call) Resource {
	fun := ast.Unparen(c.Expr.Fun)
	if sel, ok := fun.(*ast.SelectorExpr); ok && len(c.Expr.Args) == 0 {
		if s := p.pass.TypesInfo.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			fun = ast.Unparen(sel.X)
		}
	}
	var handed Resource
	if call, ok := fun.(*ast.CallExpr); ok {
		return p.hands(call)
	}
	if obj := p.values.object(fun); obj != nil {
		for _, call := range p.values.calls[obj] {
			handed |= p.hands(call)
		}
	}
	return handed
}

// hands returns the resources whose stop the result of call is.
func (p *Package) hands(call *ast.CallExpr) Resource {
	c := p.calls[call]
	if c == nil {
		return 0
	}
	var r Resource
	for _, f := range c.Funcs {
		r |= p.Effects(f).Hands
	}
	for _, fn := range c.Named {
		for _, role := range Roles(fn) {
			if role.Verb == "stopsby" {
				r |= started(Roles(fn))
			}
		}
		if fact := p.facts[fn]; fact != nil {
			r |= fact.Hands
		}
	}
	return r
}

// inTest reports whether f stands in a test file.
func (p *Package) inTest(f *Func) bool { return p.InTest(f.Pos()) }

// InTest reports whether pos lies in a test file.
func (p *Package) InTest(pos token.Pos) bool {
	name := p.pass.Fset.Position(pos).Filename
	return len(name) > len("_test.go") && name[len(name)-len("_test.go"):] == "_test.go"
}
