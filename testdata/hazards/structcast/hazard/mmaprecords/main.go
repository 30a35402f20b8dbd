//go:build linux || darwin

// A session store maps its file and hands out records in place.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

type recordV1 struct {
	User, Expires uint64
}

type record struct {
	User  uint64
	Realm uint32
	Flags uint32
	Until uint64
}

type store struct {
	file *os.File
	data []byte
}

func open(path string) (*store, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s := &store{file: f}
	return s, s.remap()
}

func (s *store) remap() error {
	fi, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.data, err = syscall.Mmap(int(s.file.Fd()), 0, int(fi.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

func (s *store) at(i int) *record {
	return (*record)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s.data)), i*int(unsafe.Sizeof(record{})))) // want `mapped file cast to a struct is misread after an update`
}

func (s *store) all() []record {
	n := len(s.data) / int(unsafe.Sizeof(record{}))
	return unsafe.Slice((*record)(unsafe.Pointer(&s.data[0])), n) // want `mapped file cast`
}

func (s *store) close() {
	syscall.Munmap(s.data)
	s.file.Close()
}

// writeOld leaves a file as the build before this one left it.
func writeOld(path string) error {
	old := []recordV1{{1, 500}, {2, 600}, {3, 700}}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&old[0])), len(old)*int(unsafe.Sizeof(old[0])))
	return os.WriteFile(path, raw, 0o600)
}

func main() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sessions")
	if err := writeOld(path); err != nil {
		log.Print(err)
		return
	}
	s, err := open(path)
	if err != nil {
		log.Print(err)
		return
	}
	defer s.close()
	fmt.Printf("lost: session 2 of user 2 reads as user %d, %d of 3 sessions left\n", s.at(1).User, len(s.all()))
}
