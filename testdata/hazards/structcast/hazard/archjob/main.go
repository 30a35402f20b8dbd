// A job queue checks version and length of its file, but the struct has holes
// where 32-bit builds have none.
package main

import (
	"errors"
	"fmt"
	"go/types"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"unsafe"
)

const version = 3

type job struct {
	Version  uint32
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
	j := (*job)(unsafe.Pointer(&data[0])) // want `struct cast from outside bytes is laid out differently on 32 bits`
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
	// A 386 build has the deadline at offset 4.
	if err := os.WriteFile(path, []byte{version, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0}, 0o600); err != nil {
		log.Print(err)
		return
	}
	j, err := first(path)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: deadline 100 is read as %d; words of 386 align to %d\n",
		j.Deadline, types.SizesFor("gc", "386").Alignof(types.Typ[types.Uint64]))
}
