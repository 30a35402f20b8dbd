// A gauge packs its samples into buffers of the size that it looks for in them.
package main

import (
	"fmt"
	"unsafe"
)

type sample struct {
	Count uint32
	Sum   uint64
}

const packed = unsafe.Sizeof(sample{})

func pack(count byte) []byte {
	b := make([]byte, packed) // safe: structcast/short related
	b[0] = count
	s := (*sample)(unsafe.Pointer(&b[0])) // safe: structcast/short
	return b[:s.Count]
}

func id(low uint32) uint64 {
	key := [8]byte{byte(low)}
	return *(*uint64)(unsafe.Pointer(&key))
}

func pair(b [8]byte) (uint32, uint32) {
	return *(*uint32)(unsafe.Pointer(&b[0])), *(*uint32)(unsafe.Pointer(&b[4]))
}

func window(b []byte, n int) []byte {
	return (*[1 << 16]byte)(unsafe.Pointer(&b[0]))[:n:n]
}

func main() {
	lo, hi := pair([8]byte{4: 9})
	fmt.Printf("kept: %d bytes packed, key 1 is %#x, %d and %d, %d\n", len(pack(3)), id(1), lo, hi, len(window(make([]byte, 4), 4)))
}
