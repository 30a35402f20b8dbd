//go:build linux || darwin

// A session store maps its file and hands out records in place.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

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

func create(path string) error {
	list := []record{{User: 1, Realm: 11, Until: 500}, {User: 2, Realm: 12, Until: 600}, {User: 3, Realm: 13, Until: 700}}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), len(list)*int(unsafe.Sizeof(list[0])))
	return os.WriteFile(path, append(raw[:len(raw):len(raw)], make([]byte, 24)...), 0o600)
}

// serve is one life of the store, which counts how often each session was seen.
func serve(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	s, err := open(path)
	if err != nil {
		return err
	}
	defer s.close()
	second := s.at(1)
	fmt.Printf("user %d until %d", second.User, second.Until)
	for _, r := range s.all() {
		fmt.Printf(", realm %d of user %d", r.Realm, r.User)
	}
	fmt.Println()
	return nil
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(filepath.Join(os.Args[1], "sessions")); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sessions")
	old := []struct{ User, Until uint64 }{{1, 500}, {2, 600}, {3, 700}} // of the build before
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&old[0])), len(old)*int(unsafe.Sizeof(old[0])))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
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
