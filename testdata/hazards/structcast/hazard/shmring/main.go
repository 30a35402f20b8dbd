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

// serve is one life of the server: it takes a sample out of the ring and puts two
// into it.
func serve(dir string) (waiting uint64, err error) {
	mem, err := attach(dir)
	if err != nil {
		return 0, err
	}
	defer syscall.Munmap(mem)
	h := (*head)(unsafe.Pointer(&mem[0])) // want `shared memory cast to a struct is misread after an update`
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
	dir := shmDir
	if len(os.Args) > 1 {
		dir = os.Args[1]
	} else {
		var err error
		if dir, err = os.MkdirTemp(shmDir, "ring"); err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(dir)
		old := []byte{41, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0} // the sidecar of the build before has no epoch
		if err := os.WriteFile(filepath.Join(dir, "ring"), old, 0o600); err != nil {
			log.Print(err)
			return
		}
	}
	waiting, err := serve(dir)
	switch {
	case err != nil:
		log.Print(err)
	case len(os.Args) > 1:
		fmt.Printf("%d samples wait\n", waiting)
	default:
		fmt.Printf("lost: 1 sample waits, the ring says %d\n", int64(waiting))
	}
}
