//go:build linux && go1.24

package hotvetprobe

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// MaxAddresses is how many addresses are kept of one site.
const MaxAddresses = 128

// addresses are pairs of an address and a size in bytes, by site. They lie behind
// the counters.
type addresses [MaxSites][MaxAddresses][2]uint64

// Address notes where the variable lies to which of returns a pointer, and for a
// map where that itself lies.
func Address(site int, of func() any) {
	if p, t := pointer(of); p != nil {
		note(site, uintptr(p), t.Size())
		if t.Kind() == reflect.Map {
			note(site, word(p), unsafe.Sizeof(uintptr(0)))
		}
	}
}

// Pointee notes where that lies which the variable refers to, and which is changed
// through it.
func Pointee(site int, of func() any) {
	p, t := pointer(of)
	if p == nil {
		return
	}
	switch t.Kind() {
	case reflect.Array:
		note(site, uintptr(p), t.Size())
	case reflect.Map:
		note(site, word(p), unsafe.Sizeof(uintptr(0)))
	case reflect.Pointer:
		note(site, word(p), t.Elem().Size())
	case reflect.Slice:
		length := word(unsafe.Add(p, unsafe.Sizeof(uintptr(0))))
		note(site, word(p), length*t.Elem().Size())
	}
}

// Freed returns p, and notes that what it points to is about to be freed.
func Freed[P any](site int, p P) P {
	if counters != nil && unsafe.Sizeof(p) == unsafe.Sizeof(uintptr(0)) {
		note(site, *(*uintptr)(unsafe.Pointer(&p)), 1)
	}
	return p
}

// pointer returns the address that of gives, and the type of what lies there. It
// returns nil when there is no hotvet, or the way to the variable leads over a nil
// pointer: that is the program's affair.
func pointer(of func() any) (p unsafe.Pointer, t reflect.Type) {
	defer func() { _ = recover() }()
	if counters == nil {
		return nil, nil
	}
	v := reflect.ValueOf(of())
	return v.UnsafePointer(), v.Type().Elem()
}

// word reads a word of the program's variable. The race detector must not take
// that for an access of the program.
//
//go:norace
//go:noinline
func word(p unsafe.Pointer) uintptr { return *(*uintptr)(p) }

// note keeps an address. The table is not memory of the Go heap, so that the race
// detector takes none of this for synchronisation.
func note(site int, address, size uintptr) {
	if site < 0 || site >= MaxSites || address == 0 || size == 0 {
		return
	}
	table := &places[site]
	for i := range table {
		if atomic.LoadUint64(&table[i][0]) == 0 {
			atomic.CompareAndSwapUint64(&table[i][0], 0, uint64(address))
		}
		if atomic.LoadUint64(&table[i][0]) == uint64(address) {
			atomic.StoreUint64(&table[i][1], max(uint64(size), atomic.LoadUint64(&table[i][1])))
			return
		}
	}
	count(site, Overflows)
}
