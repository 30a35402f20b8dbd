package unit

import (
	"runtime"
	"runtime/debug"
)

// firstCollection is the size of the heap, in percent of the run time's minimum
// of 4 MB, at which the collector runs for the first time.
const firstCollection = 1000

// delayGC makes the collector wait until the heap has a size that most packages
// never reach, and then work as it always does: a process analyzes one package
// and ends. The peak stays that of a large package.
func delayGC() {
	usual := debug.SetGCPercent(firstCollection)
	if usual < 0 || usual > firstCollection {
		debug.SetGCPercent(usual) // the user knows better
		return
	}
	sentinel := new([16]byte) // not so small that it shares a block
	runtime.AddCleanup(sentinel, func(percent int) { debug.SetGCPercent(percent) }, usual)
}
