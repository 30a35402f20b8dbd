//go:build linux

package hotvetprobe

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// holdLimit bounds how long a goroutine is held when hotvet does not answer.
const holdLimit = 3 * time.Second

var (
	mu     sync.Mutex
	firsts = make(map[string]uint64) // by goroutine and site: what was loaded first
	held   = make(chan struct{})     // closed when held goroutines may run on
	asked  = make(map[int]bool)      // sites for which hotvet was told of a held goroutine
)

// First returns v, and remembers it as what this goroutine has loaded.
func First[V any](site int, v V) V {
	count(site, Hits)
	if counters != nil {
		mu.Lock()
		firsts[goroutine()+"/"+strconv.Itoa(site)] = word(&v)
		mu.Unlock()
	}
	return v
}

// Second calls load, and says whether it gives what [First] gave in the same
// goroutine. Before it does so for the first time it holds the goroutine until
// hotvet has made the program reload.
func Second[V any](site int, load func() V) V {
	if counters == nil {
		return load()
	}
	hold(site)
	v := load()
	count(site, Hits)
	key := goroutine() + "/" + strconv.Itoa(site)
	mu.Lock()
	before, ok := firsts[key]
	delete(firsts, key)
	mu.Unlock()
	if ok {
		say("values " + strconv.Itoa(site) + " " + strconv.FormatUint(before, 16) + " " + strconv.FormatUint(word(&v), 16))
	}
	return v
}

// hold tells hotvet that a goroutine waits at a site, once for each site, and
// waits until it may run on.
func hold(site int) {
	mu.Lock()
	again := asked[site]
	asked[site] = true
	gate := held
	mu.Unlock()
	if again {
		return
	}
	say("held " + strconv.Itoa(site))
	limit := time.NewTimer(holdLimit)
	defer limit.Stop()
	select {
	case <-gate:
	case <-limit.C:
	}
}

// release lets all held goroutines run on.
func release() {
	mu.Lock()
	close(held)
	held = make(chan struct{})
	mu.Unlock()
}

// word returns the first word of a value, which tells two pointers, or two
// interfaces of one dynamic type, apart only together with the second.
func word[V any](v *V) uint64 {
	n := unsafe.Sizeof(*v) / unsafe.Sizeof(uintptr(0))
	sum := uint64(14695981039346656037) // FNV-1a over the words of the value
	for _, w := range unsafe.Slice((*uintptr)(unsafe.Pointer(v)), n) {
		sum = (sum ^ uint64(w)) * 1099511628211
	}
	return sum
}

// goroutine returns the number of the calling goroutine. Only its text has it.
func goroutine() string {
	text := make([]byte, 64)
	fields := strings.Fields(string(text[:runtime.Stack(text, false)]))
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}
