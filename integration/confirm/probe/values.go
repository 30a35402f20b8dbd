//go:build linux && go1.24

package hotvetprobe

import (
	"reflect"
	"strconv"
	"sync"
	"time"
	"unsafe"
)

// holdLimit bounds how long a goroutine is held when hotvet does not answer.
const holdLimit = 3 * time.Second

var (
	mu    sync.Mutex
	armed bool                  // goroutines are to be held
	gate  = make(chan struct{}) // closed when held goroutines may run on
	asked = make(map[int]bool)  // sites at which one is or was held since then
)

// arm has one goroutine held at each site that holds.
func arm() {
	mu.Lock()
	if !armed {
		armed = true
		gate = make(chan struct{})
		clear(asked)
	}
	mu.Unlock()
}

// release lets all held goroutines run on.
func release() {
	mu.Lock()
	if armed {
		armed = false
		close(gate)
	}
	mu.Unlock()
}

// Hold holds the goroutine until hotvet has made the program reload, if it is the
// first that comes to the site while hotvet wants that.
func Hold(site int) {
	mu.Lock()
	if !armed || asked[site] {
		mu.Unlock()
		return
	}
	asked[site] = true
	wait := gate
	mu.Unlock()
	count(site, Holds)
	say("held " + strconv.Itoa(site))
	limit := time.NewTimer(holdLimit)
	defer limit.Stop()
	select {
	case <-wait:
	case <-limit.C:
	}
}

// Held returns v, after a [Hold].
func Held[V any](site int, v V) V {
	Hold(site)
	return v
}

// A Loads is one call of a function that loads a state twice.
type Loads struct {
	site     int
	of, kept any    // nil pointer to the type of what was loaded first, and a function that returns that
	begun    uint64 // replacements of the state until then
}

// Begin is where such a function begins.
func Begin(site int) *Loads { return &Loads{site: site} }

// First returns v, and remembers it as what the call has loaded. It holds the
// goroutine.
func First[V any](l *Loads, v V) V {
	count(l.site, Hits)
	l.begun = counted(l.site, Replacing)
	// What is kept is not collected: a new object has another address.
	l.of, l.kept = (*V)(nil), func() V { return v }
	Hold(l.site)
	return v
}

// Second returns v, and counts whether it is what [First] got, and whether the
// state was replaced meanwhile. What cannot be compared is not counted.
func Second[V any](l *Loads, v V) V {
	if l.of != any((*V)(nil)) {
		return v
	}
	same, known := equal(l.kept.(func() V)(), v)
	if !known {
		return v
	}
	began := counted(l.site, Replacing) > l.begun
	ended := counted(l.site, Reloads) > l.begun // one that began behind First
	switch {
	case same && ended:
		count(l.site, Kept)
	case same:
	case began:
		count(l.site, Mixed)
	default:
		count(l.site, Unsteady)
	}
	return v
}

// Compare counts whether the copy that was taken at a site is another than now
// would be.
func Compare[V any](site int, copied, now V) {
	if same, known := equal(copied, now); known && !same && counted(site, Reloads) > 0 {
		count(site, Stale)
	}
}

// equal reports whether two values are the same version of a state, if that can be
// known: maps and slices are, that lie at one place.
func equal[V any](a, b V) (same, known bool) {
	switch t := reflect.TypeFor[V](); {
	case t.Kind() == reflect.Map || t.Kind() == reflect.Slice:
		return firstWord(&a) == firstWord(&b), true
	case t.Kind() == reflect.Interface && !(comparable(a) && comparable(b)), !t.Comparable():
		return false, false
	}
	return any(a) == any(b), true
}

func comparable(v any) bool { return v == nil || reflect.TypeOf(v).Comparable() }

func firstWord[V any](v *V) uintptr {
	if unsafe.Sizeof(*v) < unsafe.Sizeof(uintptr(0)) {
		return 0
	}
	return *(*uintptr)(unsafe.Pointer(v))
}
