// A debug page reads what maps, values and locks keep to themselves.
package main

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// hmap is what a map was up to Go 1.23.
type hmap struct {
	count     int
	flags     uint8
	logSize   uint8
	noverflow uint16
	hash0     uint32
}

type value struct {
	typ  unsafe.Pointer
	ptr  unsafe.Pointer
	flag uintptr
}

type eface struct {
	typ, data unsafe.Pointer
}

type mutex struct {
	state int32
	sema  uint32
}

func seed(m map[string]int) uint32 {
	h := *(**hmap)(unsafe.Pointer(&m)) // want `mirror of a private layout is misread after its owner changes`
	return h.hash0
}

func flags(v reflect.Value) uintptr {
	return (*value)(unsafe.Pointer(&v)).flag // want `mirror of a private layout`
}

func word(x any) unsafe.Pointer {
	p := unsafe.Pointer(&x)
	return (*eface)(p).data // want `mirror of a private layout`
}

func sameType(x, y any) bool {
	return (*eface)(unsafe.Pointer(&x)).typ == (*eface)(unsafe.Pointer(&y)).typ // the same mirror is told once
}

func locked(mu *sync.Mutex) bool {
	return (*mutex)(unsafe.Pointer(mu)).state != 0 // want `mirror of a private layout`
}

func boxed(typ, data unsafe.Pointer) any {
	return *(*any)(unsafe.Pointer(&eface{typ, data})) // want `mirror of a private layout`
}

func main() {
	m := make(map[string]int)
	for i := range 100 {
		m[fmt.Sprint(i)] = i
	}
	var mu sync.Mutex
	mu.Lock()
	n := 7
	e := boxed(*(*unsafe.Pointer)(unsafe.Pointer(&[]any{&n}[0])), unsafe.Pointer(&n))
	fmt.Printf("lost: a map of %d entries hashes from %d, it is said (flags %d, %t, %t, %t, %d)\n",
		len(m), seed(m), flags(reflect.ValueOf(m)), locked(&mu), word(m) != nil, sameType(m, n), *e.(*int))
}
