package gate

import (
	"fmt"
	"maps"
	"slices"
)

// process judges what the kernel says of the running service.
func (c *checks) process() {
	if c.Process == nil {
		return
	}
	c.image()
	c.mapped()
	c.descriptors()
	c.listeners()
}

// image: facts of a process that runs something else are facts of something else.
func (c *checks) image() {
	const check = "live/process"
	p := c.Process
	want, other := "old", "OLD"
	if c.After {
		want, other = "new", "NEW"
	}
	runs := map[string]string{"old": "OLD", "new": "NEW", "other": "another file"}[p.Runs.Value]
	switch {
	case p.Runs.Unknown != "":
		c.unknown(check, "process %d: %s", p.PID, p.Runs.Unknown)
	case p.Runs.Value != want && p.Runs.Value != "both":
		c.fail(check, "process %d does not run %s but %s", p.PID, other, runs)
	default:
		c.pass(check, "process %d runs %s", p.PID, other)
	}
}

// mapped: a library whose file was replaced runs code that is not on disk any more;
// the next start loads other code.
func (c *checks) mapped() {
	const check = "live/libraries"
	got := c.Process.Libraries
	switch {
	case got.Unknown != "":
		c.unknown(check, "%s", got.Unknown)
	case len(got.Value) > 0 && c.After:
		c.fail(check, "the process still maps what was deleted or replaced: %s", some(got.Value))
	case len(got.Value) > 0:
		c.fail(check, "the process runs code that was deleted or replaced: %s", some(got.Value))
	default:
		c.pass(check, "no mapped library was deleted or replaced")
	}
}

// descriptors: no name leads to a file that was deleted, so that NEW cannot open
// what exec closes.
func (c *checks) descriptors() {
	const check = "live/files"
	got := c.Process.Files
	limit := c.policy.Live.MaxDeletedFiles
	switch {
	case c.After:
	case got.Unknown != "":
		c.unknown(check, "%s", got.Unknown)
	case len(got.Value) > limit:
		c.fail(check, "no successor can open %s again, the policy allows %d: deleted, open for writing, closed by exec: %s",
			plural(len(got.Value), "file"), limit, some(got.Value))
	default:
		c.pass(check, "%s without a name would be closed by exec", plural(len(got.Value), "file"))
	}
}

// listeners are told before the update and compared after it.
func (c *checks) listeners() {
	const check = "live/listeners"
	p := c.Process
	if p.Listeners.Unknown != "" {
		c.unknown(check, "%s", p.Listeners.Unknown)
		return
	}
	now := p.Listeners.Value
	if !c.After {
		c.pass(check, "%s to hand over: %s", plural(len(now), "listener"), some(now))
		return
	}
	if p.Before == nil || p.Before.Unknown != "" {
		why := "no audit log: name the -audit file of the gate that allowed the update"
		if p.Before != nil {
			why = p.Before.Unknown
		}
		c.unknown(check, "what OLD listened on is not known: %s", why)
		return
	}
	var lost []string
	for _, address := range p.Before.Value {
		if !slices.Contains(now, address) {
			lost = append(lost, address)
		}
	}
	if len(lost) > 0 {
		c.fail(check, "nobody took over %s", some(lost))
		return
	}
	c.pass(check, "%s taken over: %s", plural(len(p.Before.Value), "listener"), some(p.Before.Value))
}

// pprof judges what the service says of itself.
func (c *checks) pprof() {
	if c.Pprof == nil {
		return
	}
	c.answers()
	g := c.Pprof.Goroutines
	if g.Unknown != "" {
		for _, check := range []string{"live/callbacks", "live/c", "live/threads", "live/profile"} {
			c.unknown(check, "the goroutines are not known")
		}
		return
	}
	c.inFlight(g.Value)
	c.profiling(g.Value)
}

func (c *checks) answers() {
	const check = "live/pprof"
	p := c.Pprof
	switch {
	case p.Goroutines.Unknown != "":
		c.fail(check, "goroutine: %s", p.Goroutines.Unknown)
	case p.Heap.Unknown != "":
		c.fail(check, "heap: %s", p.Heap.Unknown)
	case p.Heap.Value == 0:
		c.fail(check, "heap: the profile is empty")
	default:
		c.pass(check, "%s answers: %s, a heap profile of %s", p.URL, plural(p.Goroutines.Value.Total, "goroutine"), plural(p.Heap.Value, "stack"))
	}
}

// inFlight: exec ends every other thread where it is.
func (c *checks) inFlight(g Goroutines) {
	limits := c.policy.Live
	var callbacks []string
	for _, name := range slices.Sorted(maps.Keys(g.Callbacks)) {
		callbacks = append(callbacks, fmt.Sprintf("%s (%d)", name, g.Callbacks[name]))
	}
	switch {
	case g.Hidden > 0:
		c.unknown("live/callbacks", "the stacks of %s are not shown", plural(g.Hidden, "goroutine"))
	case len(callbacks) > 0 && !c.After:
		c.fail("live/callbacks", "callbacks from C are in flight and would be cut: %s", some(callbacks))
	default:
		c.pass("live/callbacks", "%d callbacks from C in flight", len(callbacks))
	}
	c.limit("live/c", g.InC, limits.MaxInC, "inside C", "would be cut")
	c.limit("live/threads", g.Locked, limits.MaxLocked, "locked to a thread", "would lose what the thread holds")
}

// limit judges how many goroutines are somewhere, of which an exec would make loss.
func (c *checks) limit(check string, n, most int, where, loss string) {
	if n > most && !c.After {
		c.fail(check, "%s %s %s; the policy allows %d", plural(n, "goroutine"), where, loss, most)
		return
	}
	c.pass(check, "%s %s", plural(n, "goroutine"), where)
}

// profiling: an exec loses a profile that is being taken, and its timer stays.
func (c *checks) profiling(g Goroutines) {
	const check = "live/profile"
	switch {
	case c.After:
	case g.Profile && g.Trace.Value:
		c.fail(check, "a CPU profile and an execution trace are being taken and would be lost")
	case g.Profile:
		c.fail(check, "a CPU profile is being taken and would be lost, and its timer would stay")
	case g.Trace.Unknown != "":
		c.unknown(check, "%s", g.Trace.Unknown)
	case g.Trace.Value:
		c.fail(check, "an execution trace is being taken and would be cut")
	default:
		c.pass(check, "no profile and no trace is being taken")
	}
}
