package lifecycle

import (
	"go/token"
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

const allResources = CPUProfile | Trace | Requests

// resources names the resources as the model does.
var resources = [...]struct {
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
	Guards  uint16   // by index: parameters one of which is a non-nil error whenever the end is reached
	Via     *Call    // the call in the function that ends the process; nil in another package
}

// Effects are what a function does to the process when it is called, before it
// returns. Goroutines that it starts are not included.
type Effects struct {
	Stops  Resource // stopped when it returns
	Leaves Resource // started in it, and running at some return
	Failed Resource // started in it, and running at some return of an error
	Hands  Resource // its result is, or has, the function that stops the resource
	Ends   [numEnds]End
	Serves bool   // blocks serving requests
	Blocks bool   // waits for other goroutines: a receive, a Wait, or Serves
	Params uint16 // by index: parameters that it calls, whose effects come on top

	Starts  []*Start // where it starts resources, its callees in the package included
	Sets    []*Call  // where it sets the profiling rate, no profile of its own running
	Open    []Wait   // those that are running while it blocks
	Served  []*Start // those that are running while it serves
	Hits    []Hit
	Leaks   []Leak
	Rates   []RateHit
	Forever bool // no return of it can be reached
}

// starts reports whether r is among what e starts.
func (e *Effects) starts(r Resource) bool {
	for _, s := range e.Starts {
		if s.Resource == r {
			return true
		}
	}
	return false
}

// Start is a call that starts a resource.
type Start struct {
	Resource Resource
	Call     *Call // the call of the function that the model or a fact names
}

// Wait is a place where a function waits while a resource is running.
type Wait struct {
	Start *Start
	At    token.Pos // the statement or expression that waits
}

// Hit is a call that ends the process while a resource, started before in the
// same function or its callees, is still running.
type Hit struct {
	Start *Start
	End   EndKind
	Call  *Call // in the function that the hit belongs to
}

// Leak is a return that leaves a resource running which the same function stops
// on its way to another return.
type Leak struct {
	Start  *Start
	Return token.Pos // of the return statement, or of the end of the body
	Stop   *Call
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

// inTest reports whether f stands in a test file.
func (p *Package) inTest(f *Func) bool { return p.InTest(f.Pos()) }

// InTest reports whether pos lies in a test file.
func (p *Package) InTest(pos token.Pos) bool {
	name := p.pass.Fset.Position(pos).Filename
	return len(name) > len("_test.go") && name[len(name)-len("_test.go"):] == "_test.go"
}
