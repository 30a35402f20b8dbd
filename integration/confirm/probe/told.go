//go:build linux && go1.24

package hotvetprobe

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tellLimit is how long a call is waited for before the program is told to replace
// itself.
const tellLimit = time.Second

// prepare answers once it is known which calls began before the program is told to
// replace itself. That moment is the beginning of a call, if one begins in time: a
// call that has all its work before it is the one that a restart cuts.
//
// raise is a signal that the program is sent at that moment, 0 for none: sooner
// than hotvet could.
func prepare(raise byte) {
	entries.raise.Store(int32(raise))
	entries.asking.Store(true)
	for end := time.Now().Add(tellLimit); !entries.told.Load() && time.Now().Before(end); {
		time.Sleep(200 * time.Microsecond)
	}
	entries.mu.Lock()
	if !entries.told.Load() {
		tell()
	}
	entries.mu.Unlock()
	say("told")
}

// tell ends the time of early calls, and tells the program. entries.mu is held.
func tell() {
	for c := range entries.early {
		count(c.site, Inside)
	}
	entries.told.Store(true)
	if sig := entries.raise.Load(); sig > 0 {
		_ = syscall.Kill(syscall.Getpid(), syscall.Signal(sig))
	}
}

const (
	// settleStep and settleLimit say how often and how long a look is taken at
	// calls that run, to see whether they only have to return.
	settleStep  = time.Millisecond
	settleLimit = 200 * time.Millisecond
	maxShown    = 3    // stacks that are told
	maxStack    = 4000 // bytes of each
)

// Settle is called right before the program is replaced, after it was told to. It
// says where the calls are that began before that. One that is runnable may have
// done its work, or may have been turned away, and only lack the time to say so;
// it gets that time. One that sleeps, or waits for a device, is at its work.
func Settle(site int) {
	count(site, Hits)
	if !entries.told.Load() {
		return
	}
	var stacks map[*Call]string
	for end := time.Now().Add(settleLimit); ; {
		var busy bool
		stacks, busy = inside()
		if !busy || time.Now().After(end) {
			break
		}
		time.Sleep(settleStep)
	}
	shown := 0
	for c, stack := range stacks {
		if shown++; shown <= maxShown {
			say("inside " + strconv.Itoa(c.site) + " " + strconv.Quote(stack[:min(len(stack), maxStack)]))
		}
	}
	count(site, Settled)
}

// inside returns the stacks of early calls that have not finished, and whether
// one of them can run.
func inside() (stacks map[*Call]string, busy bool) {
	entries.mu.Lock()
	calls := make(map[string]*Call, len(entries.early))
	for c, id := range entries.early {
		calls[id] = c
	}
	entries.mu.Unlock()
	if len(calls) == 0 {
		return nil, false
	}
	stacks = make(map[*Call]string)
	text := make([]byte, 4<<20)
	for stack := range strings.SplitSeq(string(text[:runtime.Stack(text, true)]), "\n\n") {
		id, state, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		if c := calls[id]; c != nil {
			stacks[c] = stack
			busy = busy || strings.HasPrefix(state, "[run")
		}
	}
	return stacks, busy
}

// stacks says where all goroutines are, with the frames of the run-time system: a
// callback that waits for init to end has no others.
func stacks() {
	debug.SetTraceback("system")
	text := make([]byte, maxStack*16)
	say("stacks " + strconv.Quote(string(text[:runtime.Stack(text, true)])))
	debug.SetTraceback("single")
}
