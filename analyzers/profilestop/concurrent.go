package profilestop

import (
	"maps"
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// ending is a way in which a goroutine ends the process, by calls that lead
// from its entry to the end.
type ending struct {
	root *lifecycle.Root // nil for a goroutine whose body is in another package
	via  *lifecycle.Call
	kind lifecycle.EndKind
	bare lifecycle.Resource
}

// endings returns the executions in place, and the exits on a signal, of all
// goroutines and entries of the package. An exit because something failed is
// not among them: nobody expects a profile of that.
func (c *checker) endings() []ending {
	var list []ending
	for _, root := range c.pkg.Roots() {
		if c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		for kind, end := range c.pkg.Effects(root.Entry).Ends {
			kind := lifecycle.EndKind(kind)
			if end.Reached && end.Via != nil && (kind == lifecycle.Replaced || c.onSignal(root, end.Via)) {
				list = append(list, ending{root, end.Via, kind, end.Bare})
			}
		}
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, call := range f.Calls {
			if call.Mode != lifecycle.Go || len(call.Funcs) > 0 {
				continue
			}
			if end := c.pkg.CallEffects(call).Ends[lifecycle.Replaced]; end.Reached {
				list = append(list, ending{nil, call, lifecycle.Replaced, end.Bare})
			}
		}
	}
	return list
}

// elsewhere pairs the starts that stay running while other goroutines run with
// the ends of the process that those reach without a stop.
func (c *checker) elsewhere() {
	open := c.openStarts(profiles)
	if len(open) == 0 {
		return
	}
	for _, end := range c.endings() {
		for _, s := range open {
			if end.bare&s.Resource != 0 && !c.judged(s, end) && c.together(s, end.root) {
				c.loss(s, end.kind).add(c, end.via, end.kind)
			}
		}
	}
}

// onSignal reports whether a goroutine of its own exits in answer to a signal:
// the ordinary end of a service, unlike an exit because something failed.
func (c *checker) onSignal(root *lifecycle.Root, via *lifecycle.Call) bool {
	if root.Kind != lifecycle.Goroutine {
		return false
	}
	for _, call := range c.chain(via, lifecycle.Exited) {
		if t := call.In.TriggerAt(call.Pos()); t != nil && t.Kind == lifecycle.Signal {
			return true
		}
	}
	return false
}

// openStarts returns the starts of which whose resource is running while other
// goroutines run: the function blocks with it, or leaves it to whoever comes.
func (c *checker) openStarts(which lifecycle.Resource) []*lifecycle.Start {
	var list []*lifecycle.Start
	add := func(s *lifecycle.Start) {
		if s.Resource&which != 0 && !slices.ContainsFunc(list, func(have *lifecycle.Start) bool {
			return have.Call == s.Call && have.Resource == s.Resource
		}) {
			list = append(list, s)
		}
	}
	for _, root := range c.pkg.Roots() {
		if root.Kind == lifecycle.Main || c.pkg.InTest(root.Entry.Pos()) {
			continue
		}
		e := c.pkg.Effects(root.Entry)
		for _, s := range e.Starts {
			if s.Resource&e.Leaves != 0 {
				add(s)
			}
		}
	}
	for _, f := range c.pkg.Funcs() {
		if c.pkg.InTest(f.Pos()) {
			continue
		}
		for _, wait := range c.pkg.Effects(f).Open {
			add(wait.Start)
		}
	}
	return list
}

// judged reports whether the start runs under the root of end alone and the root
// runs once: then the dataflow of that root has already judged the pair. It has
// not when both came into the hands of another package as function values.
func (c *checker) judged(s *lifecycle.Start, end ending) bool {
	roots := c.startRoots(s)
	for root := range roots {
		if root != end.root {
			return false
		}
	}
	if len(roots) == 0 || end.root.Many {
		return false
	}
	seen := slices.ContainsFunc(c.pkg.Effects(end.root.Entry).Starts, func(have *lifecycle.Start) bool {
		return have.Call == s.Call
	})
	return seen || !c.handedAway(end)
}

// startRoots returns the roots whose dataflow knows of the start. That a
// goroutine serves is known where it is started.
func (c *checker) startRoots(s *lifecycle.Start) map[*lifecycle.Root]bool {
	all := make(map[*lifecycle.Root]bool)
	for _, ctx := range c.pkg.Contexts(s.Call.In) {
		if s.Resource == lifecycle.Requests {
			c.origins(ctx.Root, all)
		} else {
			all[ctx.Root] = true
		}
	}
	if s.Resource == lifecycle.Requests {
		maps.DeleteFunc(all, func(root *lifecycle.Root, _ bool) bool {
			return root.Kind == lifecycle.Goroutine && root.In != nil
		})
	}
	return all
}

// handedAway reports whether the end is reached through a function that is
// passed to another package.
func (c *checker) handedAway(end ending) bool {
	chain := c.chain(end.via, end.kind)
	for i, call := range chain[1:] {
		if !slices.Contains(chain[i].Funcs, call.In) {
			return true
		}
	}
	return false
}

// together reports whether there is reason to think that one process does both:
// they have an entry in common, one of them is wired up by main or serves
// requests, or both are methods of one type. A package of helpers for callers
// unknown shows neither, and nor do two commands of a command line.
func (c *checker) together(s *lifecycle.Start, root *lifecycle.Root) bool {
	if root == nil {
		return true
	}
	ends := make(map[*lifecycle.Root]bool)
	c.origins(root, ends)
	starts := make(map[*lifecycle.Root]bool)
	for _, ctx := range c.pkg.Contexts(s.Call.In) {
		c.origins(ctx.Root, starts)
	}
	for a := range starts {
		for b := range ends {
			recv := receiver(a.Entry)
			if a == b || wired(a) || wired(b) || recv != nil && recv == receiver(b.Entry) {
				return true
			}
		}
	}
	return false
}

// wired reports whether the package itself shows that a service runs root.
func wired(root *lifecycle.Root) bool {
	switch root.Kind {
	case lifecycle.Main, lifecycle.Init, lifecycle.Handler:
		return true
	}
	return false
}

// origins adds to set the roots that lead to root: for a goroutine those of the
// function that starts it.
func (c *checker) origins(root *lifecycle.Root, set map[*lifecycle.Root]bool) {
	if set[root] {
		return
	}
	set[root] = true
	if root.In == nil {
		return
	}
	for _, ctx := range c.pkg.Contexts(root.In) {
		c.origins(ctx.Root, set)
	}
}
