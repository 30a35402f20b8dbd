// Bytes that this process made and no other reads: an arena, a spill file, the
// bits of a number, a struct that is hashed.
package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"math"
	"os"
	"unsafe"
)

type node struct {
	key, left, right uint64
}

type arena struct {
	buf []byte
	off uintptr
}

func (a *arena) node() *node {
	n := (*node)(unsafe.Pointer(&a.buf[a.off]))
	a.off += unsafe.Sizeof(node{})
	return n
}

func (n *node) sum() uint32 {
	return crc32.ChecksumIEEE(unsafe.Slice((*byte)(unsafe.Pointer(n)), unsafe.Sizeof(*n)))
}

func spill(nodes []node) ([]node, error) {
	f, err := os.CreateTemp("", "spill")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	size := len(nodes) * int(unsafe.Sizeof(node{}))
	if _, err := f.Write(unsafe.Slice((*byte)(unsafe.Pointer(&nodes[0])), size)); err != nil {
		return nil, err
	}
	back := make([]byte, size)
	if _, err := f.ReadAt(back, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return unsafe.Slice((*node)(unsafe.Pointer(&back[0])), len(nodes)), nil
}

// first returns what a call of the system wants of a text that ends with a zero:
// of the header of a slice that lies over that of s, only pointer and length are
// read.
func first(s string) *byte { return &(*(*[]byte)(unsafe.Pointer(&s)))[0] }

type message struct {
	kind, size uint32
	body       [56]byte
}

// kind looks at the start of a message, which is all that there is of it yet.
func kind() uint32 {
	var start [8]byte
	start[0] = 3
	return (*message)(unsafe.Pointer(&start[0])).kind
}

func main() {
	a := &arena{buf: make([]byte, 4096)}
	n := a.node()
	n.key = 7
	back, err := spill([]node{*n})
	if err != nil {
		log.Print(err)
		return
	}
	f := 1.5
	same := *(*uint64)(unsafe.Pointer(&f)) == math.Float64bits(f)
	fmt.Printf("kept: key %d, same sum %t, same bits %t, text %c, kind %d\n",
		back[0].key, back[0].sum() == n.sum(), same, *first("kept\x00"), kind())
}
