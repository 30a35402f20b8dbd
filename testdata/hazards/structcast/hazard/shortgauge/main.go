// A gauge packs its samples into buffers that are smaller than what it looks for
// in them.
package main

import (
	"fmt"
	"unsafe"
)

type sample struct {
	Count uint32
	Sum   uint64
}

const packed = 12 // 4 for the count, 8 for the sum: what a 386 build has

func pack(count byte) []byte {
	b := make([]byte, packed, packed)
	b[0] = count
	s := (*sample)(unsafe.Pointer(&b[0])) // want `view is larger than its buffer and runs past the end`
	return b[:s.Count]
}

func id(low uint32) uint64 {
	var frame struct {
		id   [4]byte
		next [4]byte
	}
	frame.next = [4]byte{0xee, 0xee, 0xee, 0xee}
	key := [4]byte{byte(low)}
	frame.id = key
	return *(*uint64)(unsafe.Pointer(&key)) ^ uint64(frame.next[0]) // want `view is larger than its buffer`
}

func pair(b [8]byte) (uint32, uint64) {
	lo := *(*uint32)(unsafe.Pointer(&b[4]))
	hi := *(*uint64)(unsafe.Pointer(&b[4])) // want `view is larger than its buffer`
	return lo, hi
}

func main() {
	lo, hi := pair([8]byte{4: 9})
	fmt.Printf("lost: %d bytes packed, key 1 is %#x, %d is %#x: the rest is whatever lies behind\n", len(pack(3)), id(1), lo, hi)
}
