//go:build linux

package hotvetprobe

import (
	"runtime"
	"strings"
)

// A Call is one call of a function that C enters.
type Call struct {
	site    int
	working bool
}

// Enter counts that a function is called. It is followed by defer Leave.
func Enter(site int) *Call {
	count(site, Hits)
	count(site, Entered)
	return &Call{site: site}
}

// Work counts that the call has come to its last statement: it was not turned
// away before.
func (c *Call) Work() {
	if !c.working {
		c.working = true
		count(c.site, Working)
	}
}

// Leave counts the end of the call, and a panic that passes through it.
func (c *Call) Leave() {
	count(c.site, Left)
	if c.working {
		count(c.site, Worked)
	}
	if panicking() {
		count(c.site, Panicked)
	}
}

// panicking reports whether the deferred call that asks was started by a panic:
// the function below it on the stack is then the one that raises panics.
func panicking() bool {
	pc := make([]uintptr, 8)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	frame, _ := frames.Next()
	return strings.HasPrefix(frame.Function, "runtime.gopanic") || strings.HasPrefix(frame.Function, "panic")
}
