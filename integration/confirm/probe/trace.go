//go:build linux

package hotvetprobe

import (
	"context"
	"runtime/trace"
	"strconv"
	"time"
)

// TraceCategory is the category of the marks that [Marks] puts into a trace.
const TraceCategory = "hotvet"

// markEvery is how far apart marks are.
const markEvery = 10 * time.Millisecond

// Marks begins to write numbered marks into the trace that is about to start, and
// counts them at site: those that are counted but not in the file were lost.
func Marks(site int) {
	if counters == nil || count(site, Hits) != 1 {
		return
	}
	go func() {
		for n := 1; ; n++ {
			time.Sleep(markEvery)
			if trace.IsEnabled() {
				trace.Log(context.Background(), TraceCategory, strconv.Itoa(n))
				count(site, Working)
			}
		}
	}()
}

// Traced returns w like [Writer], and has marks written into the trace.
func Traced[W any](site int, w W) W {
	Marks(site)
	return Writer(site, w)
}
