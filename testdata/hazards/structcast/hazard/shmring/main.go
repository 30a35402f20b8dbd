//go:build linux

// A metrics sidecar and the server share a ring in /dev/shm; either may be of the
// newer build.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const shmDir = "/dev/shm"

// headV1 is what the sidecar still has.
type headV1 struct {
	Head, Tail uint64
}

type head struct {
	Epoch      uint64
	Head, Tail atomic.Uint64
}

func attach(dir string) ([]byte, error) {
	fd, err := syscall.Open(filepath.Join(dir, "ring"), syscall.O_RDWR|syscall.O_CREAT, 0o600)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	if err := syscall.Ftruncate(fd, 4096); err != nil {
		return nil, err
	}
	return syscall.Mmap(fd, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

func main() {
	dir, err := os.MkdirTemp(shmDir, "ring")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	mem, err := attach(dir)
	if err != nil {
		log.Print(err)
		return
	}
	defer syscall.Munmap(mem)

	*(*headV1)(unsafe.Pointer(&mem[0])) = headV1{Head: 41, Tail: 40} // want `shared memory cast to a struct is misread after an update`
	h := (*head)(unsafe.Pointer(&mem[0]))                            // want `shared memory cast`
	fmt.Printf("lost: 1 sample waits, the ring says %d\n", int64(h.Head.Load()-h.Tail.Load()))
}
