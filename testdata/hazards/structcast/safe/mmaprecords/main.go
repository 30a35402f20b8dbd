//go:build linux || darwin

// A session store maps its file and hands out records in place, after it has
// seen that the file is of its own version.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

const magic = 0x53455332

type header struct {
	Magic, Count uint32
	_            uint64
}

type record struct {
	User  uint64
	Realm uint32
	Flags uint32
	Until uint64
}

var errFormat = errors.New("sessions are of another build")

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
	if err := s.remap(); err != nil {
		return nil, err
	}
	return s, s.validate()
}

func (s *store) remap() error {
	fi, err := s.file.Stat()
	if err != nil {
		return err
	}
	if fi.Size() < int64(unsafe.Sizeof(header{})) {
		return errFormat
	}
	s.data, err = syscall.Mmap(int(s.file.Fd()), 0, int(fi.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

func (s *store) header() *header { return (*header)(unsafe.Pointer(&s.data[0])) }

func (s *store) validate() error {
	h := s.header()
	if h.Magic != magic {
		return errFormat
	}
	if int(h.Count)*int(unsafe.Sizeof(record{})) > len(s.data) {
		return errFormat
	}
	return nil
}

func (s *store) at(i int) *record {
	return (*record)(unsafe.Pointer(&s.data[int(unsafe.Sizeof(header{}))+i*int(unsafe.Sizeof(record{}))]))
}

func (s *store) close() {
	syscall.Munmap(s.data)
	s.file.Close()
}

func main() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sessions")
	if err := os.WriteFile(path, make([]byte, 48), 0o600); err != nil { // the build before had no header
		log.Print(err)
		return
	}
	s, err := open(path)
	if !errors.Is(err, errFormat) {
		log.Printf("opened: %v, user %d", err, s.at(1).User)
		return
	}
	fmt.Println("kept: the sessions of another build are refused, not misread")
}
