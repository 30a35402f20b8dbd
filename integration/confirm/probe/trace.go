//go:build linux && go1.24

package hotvetprobe

import (
	"context"
	"runtime/trace"
	"strconv"
	"sync/atomic"
	"time"
)

// TraceCategory is the category of the marks that [Marks] puts into a trace.
const TraceCategory = "hotvet"

// marked is the site of the trace that marks are written to. Only one trace can be
// taken at a time; the goroutine that writes them is started with the first.
var (
	marked  atomic.Int64
	marking atomic.Bool
)

// markEvery is how far apart marks are.
const markEvery = 10 * time.Millisecond

// Marks begins to write numbered marks into the trace that is about to start, and
// counts them at site: those that are counted but not in the file were lost.
func Marks(site int) {
	marked.Store(int64(site))
	if counters == nil || marking.Swap(true) {
		return
	}
	go func() {
		for {
			time.Sleep(markEvery)
			if !trace.IsEnabled() {
				continue
			}
			site := int(marked.Load())
			next := counted(site, Working) + 1
			trace.Log(context.Background(), TraceCategory, strconv.FormatUint(next, 10))
			count(site, Working)
		}
	}()
}

// Traced returns w like [Writer], and has marks written into the trace.
func Traced[W any](site int, w W) W {
	Marks(site)
	return Writer(site, w)
}
