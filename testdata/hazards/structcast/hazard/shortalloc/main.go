// A handle is handed to C in an allocation of C's unsigned int, and seen as Go's.
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"unsafe"
)

func handle(h uint) (uint, bool) {
	mem := C.malloc(C.sizeof_uint)
	defer C.free(mem)
	view := (*[1]uint)(mem) // want `view is larger than its buffer and runs past the end`
	view[0] = h
	return view[0], unsafe.Sizeof(h) > C.sizeof_uint
}

func main() {
	h, over := handle(7)
	fmt.Printf("lost: handle %d written past its allocation: %t\n", h, over)
}
