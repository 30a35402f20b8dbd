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

// serve is one life of the pool.
func serve() (waiting uint64, err error) {
	mem, err := allocate(4096)
	if err != nil {
		return 0, err
	}
	defer syscall.Munmap(mem)
	h := (*head)(unsafe.Pointer(&mem[0]))
	if h.Epoch == 0 {
		h.Epoch = 1700000000
		h.Head.Store(41)
		h.Tail.Store(40)
	}
	waiting = h.Head.Load() - h.Tail.Load()
	h.Head.Add(2)
	h.Tail.Add(1)
	return waiting, nil
}

func main() {
	waiting, err := serve()
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("kept: 1 sample waits, the ring says %d\n", waiting)
}
