//go:build linux && go1.24

package hotvetprobe

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What else is counted of a function that C enters, in the place of reloads.
const (
	Early    = 6 + iota // calls that came to their work before the program was told to replace itself
	Finished            // of these, calls whose work came to an end
	Inside              // of these, calls that were at their work when it was told
	Settled             // looks taken right before the replacement, at the place of it
	Thrown              // panics that were put into the function
	Before              // calls that began before what they use was set
	After               // calls that began after what they use was changed or removed
	Places              // times that the place of the finding in the function was reached
)

// entries is what is known of the functions that C enters.
var entries struct {
	names   [MaxSites]atomic.Pointer[string] // full names of the functions
	changed [MaxSites]atomic.Bool            // what the function uses was set or removed
	thrown  [MaxSites]atomic.Bool

	told   atomic.Bool // the program was told to replace itself
	asking atomic.Bool // the next call tells it
	raise  atomic.Int32

	mu    sync.Mutex
	early map[*Call]string // calls at their work that began before, with their goroutines
}

// A Call is one call of a function that C enters.
type Call struct {
	site     int
	working  bool
	early    bool
	finished bool
}

// Enter counts that a function is called. It is followed by defer Leave.
func Enter(site int) *Call {
	count(site, Hits)
	count(site, Entered)
	if counters == nil || site < 0 || site >= MaxSites {
		return &Call{site: -1}
	}
	if entries.names[site].Load() == nil {
		pc := make([]uintptr, 1)
		frame, _ := runtime.CallersFrames(pc[:runtime.Callers(2, pc)]).Next()
		entries.names[site].Store(&frame.Function)
	}
	if entries.changed[site].Load() {
		count(site, After)
	} else {
		count(site, Before)
	}
	return &Call{site: site}
}

// held is how much longer the work of the call takes in which the program is told
// to replace itself. A call of some milliseconds would end before the program has
// taken note, on a machine that has other work, and nothing could be said.
const held = 300 * time.Millisecond

// Work counts that the call has come to its work: it was not turned away before.
func (c *Call) Work() {
	if c.working || c.site < 0 {
		return
	}
	c.working = true
	count(c.site, Working)
	if c.tells() {
		time.Sleep(held)
	}
}

// tells notes a call that began before the program was told to replace itself, and
// reports whether it is told in this one.
func (c *Call) tells() bool {
	entries.mu.Lock()
	defer entries.mu.Unlock()
	if entries.told.Load() {
		return false
	}
	c.early = true
	count(c.site, Early)
	if entries.early == nil {
		entries.early = make(map[*Call]string)
	}
	entries.early[c] = goroutine()
	if !entries.asking.Load() {
		return false
	}
	tell()
	return true
}

// Done counts that the work of the call has come to its end. It comes before
// whatever the function does to let others know of that.
func (c *Call) Done() {
	if !c.working || c.finished {
		return
	}
	c.finished = true
	count(c.site, Worked)
	if c.early {
		count(c.site, Finished)
		entries.mu.Lock()
		delete(entries.early, c)
		entries.mu.Unlock()
	}
}

// Leave counts the end of the call, and says where a panic that passes through it
// was raised.
func (c *Call) Leave() {
	count(c.site, Left)
	if frames := panicking(); frames != "" {
		count(c.site, Panicked)
		say("panic " + strconv.Itoa(c.site) + " " + strconv.Quote(frames))
	}
}

// maxFrames is how many frames of a panic are told.
const maxFrames = 32

// panicking returns the frames from the function that raises a panic down to the
// one whose deferred call asks, as function, file and line. It is empty when that
// call was not started by a panic: one that was recovered before counts as none.
func panicking() string {
	pc := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	frame, more := frames.Next()
	if frame.Function != "runtime.gopanic" {
		return ""
	}
	var b strings.Builder
	for more {
		frame, more = frames.Next()
		if strings.HasPrefix(frame.Function, "runtime.cgocall") {
			break
		}
		b.WriteString(frame.Function + " " + strconv.Itoa(frame.Line) + " " + frame.File + "\n")
	}
	return b.String()
}

// Change counts that what the function of a site uses is set, changed or removed.
func Change(site, of int) {
	count(site, Hits)
	if of >= 0 && of < MaxSites {
		entries.changed[of].Store(true)
	}
}

// Place counts that the function of a site comes to the place of its finding.
func Place(site int) { count(site, Places) }

// injected is what is thrown by [Throw].
const injected = "hotvet put this panic here, to see whether it leaves the export"

// Throw panics, once, when it is called by the function of site of.
func Throw(site, of int) {
	if counters == nil || of < 0 || of >= MaxSites || !calledBy(entries.names[of].Load()) {
		return
	}
	if entries.thrown[of].CompareAndSwap(false, true) {
		count(of, Thrown)
		panic(injected)
	}
}

func calledBy(name *string) bool {
	if name == nil {
		return false
	}
	pc := make([]uintptr, 4*maxFrames)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if frame.Function == *name {
			return true
		}
	}
	return false
}
