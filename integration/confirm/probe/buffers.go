//go:build linux && go1.24

package hotvetprobe

import (
	"reflect"
	"strconv"
	"sync"
	"unsafe"
)

// maxBuffers is how many buffers are remembered, the newest ones.
const maxBuffers = 1024

// A buffer is memory whose size is known. keep holds it, and off the stack.
type buffer struct {
	start, end uintptr
	keep       any
}

var (
	bufferMu sync.Mutex
	buffers  []buffer
	spans    = make(map[[3]int]bool) // site, bytes there, bytes wanted: what was told
)

// Slice returns s, and remembers how far it reaches.
func Slice[S ~[]E, E any](site int, s S) S {
	remember(site, uintptr(unsafe.Pointer(unsafe.SliceData(s))), uintptr(cap(s))*unsafe.Sizeof(*new(E)), s)
	return s
}

// Variable returns p, and remembers how large the variable is.
func Variable[V any](site int, p *V) *V {
	remember(site, uintptr(unsafe.Pointer(p)), unsafe.Sizeof(*p), p)
	return p
}

// Block returns p, the address of n bytes that C allocated, and remembers them.
func Block(site int, p unsafe.Pointer, n uintptr) unsafe.Pointer {
	remember(site, uintptr(p), n, nil)
	return p
}

func remember(site int, start, size uintptr, keep any) {
	if count(site, Hits) == 0 {
		return
	}
	bufferMu.Lock()
	defer bufferMu.Unlock()
	if len(buffers) == maxBuffers {
		buffers = append(buffers[:0], buffers[maxBuffers/2:]...)
	}
	buffers = append(buffers, buffer{start, start + size, keep})
}

// Within returns v, a pointer to one of n consecutive views, and tells how many
// bytes they take and how many there are.
func Within[V any](site int, v V, n int) V {
	t := reflect.TypeFor[V]()
	if count(site, Hits) == 0 || t.Kind() != reflect.Pointer {
		return v
	}
	at, want := reflect.ValueOf(v).Pointer(), int(t.Elem().Size())*n
	bufferMu.Lock()
	defer bufferMu.Unlock()
	for i := len(buffers) - 1; i >= 0; i-- {
		if b := buffers[i]; b.start <= at && at < b.end {
			have := int(b.end - at)
			if !spans[[3]int{site, have, want}] && len(spans) < maxBuffers {
				spans[[3]int{site, have, want}] = true
				say("short " + strconv.Itoa(site) + " " + strconv.Itoa(have) + " " + strconv.Itoa(want))
			}
			break
		}
	}
	return v
}
