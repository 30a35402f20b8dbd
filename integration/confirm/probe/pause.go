//go:build linux && go1.24

package hotvetprobe

import (
	"sync/atomic"
	"syscall"
	"time"
)

const (
	pause   = 50 * time.Millisecond
	between = 4 * pause // least time from the beginning of one pause to that of the next
)

// Paused is when the last pause at a site began, in nanoseconds since 1970. It is
// kept in the place of pairs of loads.
const Paused = Mixed

// Pause counts that a state is about to be replaced, and waits a while before it
// is, unless it did so a moment ago.
//
// For the race detector every lock, and every call of C, may order what was done
// before by one goroutine and after by another. A program that logs, or calls C,
// around each use has so many of these that a use and a replacement are ordered by
// chance nearly always. While this goroutine waits it acquires nothing: uses that
// come now are ordered only by what the program does for that, such as a lock that
// is held across the replacement, or not at all. The wait is a system call, since
// timers and channels would be synchronisation.
func Pause(site int) {
	Hit(site)
	if counters == nil || site < 0 || site >= MaxSites {
		return
	}
	last, now := &counters[site][Paused], uint64(time.Now().UnixNano())
	before := atomic.LoadUint64(last)
	if now < before+uint64(between) || !atomic.CompareAndSwapUint64(last, before, now) {
		return
	}
	left := syscall.NsecToTimespec(int64(pause))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}
