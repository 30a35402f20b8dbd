package confirm

import (
	"slices"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/sanitize"
)

// Slots of functions that C enters, as the probe has them.
const (
	probeEarly    = 6
	probeFinished = 7
	probeInside   = 8
	probeSettled  = 9
	probeThrown   = 10
	probeBefore   = 11
	probeAfter    = 12
	probePlaces   = 13
)

// judgeAtExit says whether a handler that C was to call at the end was skipped.
func judgeAtExit(c *Case) opinion {
	if c.Site < 0 {
		return outside()
	}
	return c.best(unreached("the program was not run"), c.Images, func(m *Image) opinion {
		registered := uint64(0)
		for end, r := range c.Finding.Related {
			if r.Message == relatedRegister {
				registered += m.Count(c.Ends[end], probeHits)
			}
		}
		calls := m.Count(c.Site, probeEntered)
		data := map[string]uint64{"registered": registered, "calls": calls}
		switch {
		case m.End != Replaced && m.End != Exited && m.End != Asked:
			return unreached("the program did not end by itself")
		case m.End != Replaced && (c.Signal != "" || c.Code == 2):
			return unreached("the program ended with %s, which no exit handler is for", c.Exit)
		case calls > 0:
			return refuted("the export was called before the end", evidence("atexit", data,
				"C called the export %s before the program was %s", times(calls), endedBy(m.End)))
		case registered == 0:
			return unreached("the program never came to a place of Go that has the handler registered")
		}
		return confirmed("the handler was registered and never called", evidence("atexit", data,
			"the handler was registered at %s, the program was %s, and the export at %s was never entered",
			c.registeredAt(m), endedBy(m.End), c.where()))
	})
}

func endedBy(e End) string {
	if e == Replaced {
		return "replaced by exec"
	}
	return "ended by exit"
}

// registeredAt names the places at which Go had the handler registered.
func (c *Case) registeredAt(m *Image) string {
	var list []string
	for end, r := range c.Finding.Related {
		if r.Message == relatedRegister && m.Count(c.Ends[end], probeHits) > 0 {
			list = append(list, short(r.Posn.File, r.Posn.Line))
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// deadlySignal is the message with which the run-time system ends a process when a
// signal handler of C calls Go on a thread that runs Go: the handler runs beside
// the stack of the goroutine (runtime/asm_amd64.s, badmorestackg0 in
// runtime/proc.go). inCallback is in the stack of such a thread.
const (
	deadlySignal = "morestack on g0"
	inCallback   = "runtime.cgocallback"
)

// judgeSignal says whether the program died of a signal handler of C that called
// the export.
func judgeSignal(c *Case) opinion {
	if c.Site < 0 {
		return outside()
	}
	line := lineWith(c.Output, deadlySignal)
	died := c.Signal == "" && c.Code == 2 || slices.Contains([]string{"SIGABRT", "SIGTRAP", "SIGSEGV"}, c.Signal)
	if died && line != "" && strings.Contains(c.Output, inCallback) {
		line, _, _ = strings.Cut(line, ", called from")
		o := confirmed("the handler called Go on a thread that ran Go, which ended the program",
			evidence("fatal", line, "the program ended with %s in a callback of C: %s", c.Exit, line))
		o.ends = true
		return o
	}
	if o, ok := c.diedOf(); ok {
		return o
	}
	if died {
		return unreached("the program ended with %s, and not in a callback of C", c.Exit)
	}
	return c.best(unreached("C never called the export: a signal that the handler is for has to be sent"), c.entered(), func(m *Image) opinion {
		calls := m.Count(c.Site, probeEntered)
		return refuted("the export is called on a thread on which it may be", evidence("calls", map[string]uint64{"calls": calls},
			"C called the export %s, and the program lived on", times(calls)))
	})
}

// diedOf returns the opinion about a program that was killed while it handled a
// signal of the finding. The run-time system says why whenever a fault meets it in
// order; it cannot when the fault is in a handler that runs beside its stacks.
func (c *Case) diedOf() (opinion, bool) {
	last := len(c.Images) - 1
	if last < 0 || c.Images[last].End != Exited || c.Signal != "SIGSEGV" || len(sanitize.ParseFatal(c.Output)) > 0 ||
		endOf(c.Finding, relatedSignal+c.Sent) < 0 {
		return opinion{}, false
	}
	o := confirmed("the handler called Go on a thread that ran Go, which ended the program", evidence("killed",
		map[string]string{"sent": c.Sent, "exit": c.Exit},
		"the program served until it was sent %s, whose handler in C calls the export at %s: %s, without a word of the run-time system",
		c.Sent, c.where(), c.Exit))
	o.ends = true
	return o, true
}

// lineWith returns the first line that the run-time system wrote with a text.
func lineWith(output, text string) string {
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, head := range []string{"fatal: ", "runtime: ", "fatal error: "} {
			if strings.HasPrefix(line, head) && strings.Contains(line, text) {
				return line
			}
		}
	}
	return ""
}

// Messages of the analyzer about programs that do not begin.
const relatedConstructor = "the constructor is here"

// hangWatch is how long a program that seems to hang is watched.
const hangWatch = 2 * time.Second

// A Hang is what was seen of a program that did not reach its main in time.
type Hang struct {
	Threads int // all of which slept, and used no time of the processor for a while
	// Functions are those of C on the stack of a thread that waits for the Go
	// run-time system to begin (_cgo_wait_runtime_init_done in runtime/cgo).
	Functions []string
	// Goroutines are the stacks, empty when the run-time system had not begun.
	Goroutines []string
}

// judgeConstructor says whether the program hangs before main because C calls an
// export that waits for that.
func judgeConstructor(c *Case) opinion {
	for _, m := range c.Images {
		if m.Main {
			return refuted("the program comes to its main", evidence("main", map[string]bool{"main": true},
				"all that is initialised before main ended, and main was reached"))
		}
	}
	h := c.Hang
	switch {
	case h == nil:
		return unreached("the program did not reach its main, and was not seen to wait for itself: %s", c.Exit)
	case endOf(c.Finding, relatedConstructor) >= 0:
		return c.judgeEarly(h)
	}
	return c.judgeJoin(h)
}

// judgeEarly judges a C constructor.
func (c *Case) judgeEarly(h *Hang) opinion {
	for _, r := range c.Finding.Related {
		name, ok := strings.CutPrefix(r.Message, relatedNamed)
		if ok && slices.Contains(h.Functions, name) {
			o := confirmed("the constructor waits for Go, which waits for the constructor", evidence("hang", h,
				"C called %s before Go ran: its thread waits for the run-time system to begin; all of the process (%s) slept for %v and main was never reached",
				name, plural(uint64(h.Threads), "thread"), hangWatch))
			o.ends = true
			return o
		}
	}
	return unreached("the program did not reach its main, and no thread was seen to wait in this export")
}

// relatedNamed is before the name of the export in what [complete] adds.
const relatedNamed = "the export is "

// judgeJoin judges an init that waits for a thread of C.
func (c *Case) judgeJoin(h *Hang) opinion {
	joins, waits := "", false
	for _, stack := range h.Goroutines {
		frames := framesOf(stack)
		if strings.HasPrefix(stack, "goroutine 1 ") && passes(frames, c.places()) {
			joins = describeStack(stack)
		}
		waits = waits || strings.Contains(stack, "runtime.cgocallbackg1")
	}
	if joins == "" || !waits {
		return unreached("the program did not reach its main, and was not seen to wait at this place for a callback")
	}
	o := confirmed("init waits for a thread of C, which waits for init", evidence("hang", h,
		"main was never reached: goroutine 1 is in %s, and a callback of C waits for all init to end; all of the process (%s) slept for %v",
		joins, plural(uint64(h.Threads), "thread"), hangWatch))
	o.ends = true
	return o
}

// framesOf returns the frames of a goroutine's stack.
func framesOf(stack string) []sanitize.Frame {
	all := sanitize.ParseFatal("panic: \n\n" + stack + "\n")
	if len(all) == 0 {
		return nil
	}
	return all[0].Stack
}
