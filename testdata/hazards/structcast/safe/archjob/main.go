// A job queue checks version and length of its file; its struct has no holes.
package main

import (
	"errors"
	"fmt"
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

func main() {
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
