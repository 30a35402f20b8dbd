// A handle is handed to C in an allocation of its own size.
package main

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"unsafe"
)

func handle(h uint) uint {
	mem := C.malloc(C.size_t(unsafe.Sizeof(uint(0)))) // safe: structcast/short related
	defer C.free(mem)
	view := (*[1]uint)(mem)
	view[0] = h
	return view[0]
}

func main() {
	fmt.Printf("kept: handle %d\n", handle(7))
}
