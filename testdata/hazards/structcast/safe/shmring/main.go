//go:build linux

// A worker pool keeps its ring in an anonymous mapping: no other process, and no
// later one, ever sees it.
package main

import (
	"fmt"
	"log"
	"sync/atomic"
	"syscall"
	"unsafe"
)

type head struct {
	Epoch      uint64
	Head, Tail atomic.Uint64
}

func allocate(size int) ([]byte, error) {
	flags := syscall.MAP_SHARED
	flags |= syscall.MAP_ANON
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, flags)
}

func main() {
	mem, err := allocate(4096)
	if err != nil {
		log.Print(err)
		return
	}
	defer syscall.Munmap(mem)

	h := (*head)(unsafe.Pointer(&mem[0]))
	h.Head.Add(41)
	h.Tail.Add(40)
	fmt.Printf("kept: 1 sample waits, the ring says %d\n", h.Head.Load()-h.Tail.Load())
}
