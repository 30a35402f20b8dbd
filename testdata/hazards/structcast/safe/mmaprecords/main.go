//go:build linux || darwin

// A session store maps its file and hands out records in place, after it has
// seen that the file is of its own version.
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
	if int(unsafe.Sizeof(header{}))+int(h.Count)*int(unsafe.Sizeof(record{})) > len(s.data) {
		return errFormat
	}
	return nil
}

func (s *store) at(i int) *record {
	return (*record)(unsafe.Pointer(&s.data[int(unsafe.Sizeof(header{}))+i*int(unsafe.Sizeof(record{}))]))
}

func (s *store) all() []record {
	n := int(s.header().Count)
	return unsafe.Slice((*record)(unsafe.Pointer(&s.data[unsafe.Sizeof(header{})])), n) // safe: structcast/mmap
}

func (s *store) close() {
	syscall.Munmap(s.data)
	s.file.Close()
}

func create(path string) error {
	list := []record{{User: 1, Realm: 11, Until: 500}, {User: 2, Realm: 12, Until: 600}, {User: 3, Realm: 13, Until: 700}}
	h := header{Magic: magic, Count: uint32(len(list))}
	raw := append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&h)), unsafe.Sizeof(h))...)
	raw = append(raw, unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), len(list)*int(unsafe.Sizeof(list[0])))...)
	return os.WriteFile(path, raw, 0o600)
}

// serve is one life of the store, which counts how often each session was seen.
func serve(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	s, err := open(path)
	if errors.Is(err, errFormat) {
		fmt.Println(err)
		return create(path)
	}
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
