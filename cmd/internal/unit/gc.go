package unit

import (
	"runtime"
	"runtime/debug"
)

// firstCollection is the size of the heap, in percent of the run time's minimum
// of 4 MB, at which the collector runs for the first time.
const firstCollection = 1000

// afterwards is the target of the collections that follow: the few packages
// that come so far are the ones that make the peak of a run.
const afterwards = 35

// delayGC makes the collector wait until the heap has a size that most packages
// never reach, and then keep it close to what is in use: a process analyzes one
// package and ends.
func delayGC() {
	usual := debug.SetGCPercent(firstCollection)
	if usual < 0 || usual > firstCollection {
		debug.SetGCPercent(usual) // the user knows better
		return
	}
	sentinel := new([16]byte) // not so small that it shares a block
	runtime.AddCleanup(sentinel, func(percent int) { debug.SetGCPercent(percent) }, min(usual, afterwards))
}
