// A job queue checks version and length of its file; its struct has no holes.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"unsafe"
)

const version = 3

type job struct {
	Version  uint32
	_        uint32
	Deadline uint64
}

var errVersion = errors.New("queue is of another version")

func first(path string) (*job, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < int(unsafe.Sizeof(job{})) {
		return nil, errVersion
	}
	j := (*job)(unsafe.Pointer(&data[0]))
	if j.Version != version {
		return nil, errVersion
	}
	return j, nil
}

func write(path string, j *job) error {
	return os.WriteFile(path, unsafe.Slice((*byte)(unsafe.Pointer(j)), unsafe.Sizeof(*j)), 0o600)
}

// serve is one life of the queue.
func serve(path string) error {
	j, err := first(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		j = &job{Version: version, Deadline: 1<<40 + 100}
	case err != nil:
		return err
	}
	fmt.Printf("the first job is due at %d\n", j.Deadline)
	return write(path, j)
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(filepath.Join(os.Args[1], "queue")); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "queue")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "queue")
	if err := os.WriteFile(path, []byte{version, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0}, 0o600); err != nil {
		log.Print(err)
		return
	}
	j, err := first(path)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("kept: deadline 100 is read as %d\n", j.Deadline)
}
