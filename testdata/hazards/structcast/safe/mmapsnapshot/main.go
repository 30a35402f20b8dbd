//go:build linux || darwin

// A server starts from the snapshot of the build before it, unless that has
// another size; mapping and decoding are in packages of their own.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"hazards.test/structcast/safe/mmapsnapshot/layout"
	"hazards.test/structcast/safe/mmapsnapshot/region"
)

type head struct {
	Users, Rooms uint64
}

// snapshot is what a server leaves.
func snapshot(users, rooms uint64) []byte {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint64(b, users)
	binary.NativeEndian.PutUint64(b[8:], rooms)
	return b
}

func start(path string) error {
	r, err := region.Map(path)
	if err != nil {
		return err
	}
	defer r.Close()
	h, err := layout.Of[head](r.Bytes) // safe: structcast/mmap
	if err != nil {
		return err
	}
	b, err := region.Load(path)
	if err != nil {
		return err
	}
	t, err := layout.Of[head](b) // safe: structcast/file
	if err != nil {
		return err
	}
	fmt.Printf("%d users in %d rooms, or %d in %d\n", h.Users, h.Rooms, t.Users, t.Rooms)
	return nil
}

func main() {
	if len(os.Args) > 1 {
		path := filepath.Join(os.Args[1], "snapshot")
		err := start(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, layout.ErrSize) {
			err = os.WriteFile(path, snapshot(5, 70), 0o600)
		}
		if err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "snapshot")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "snapshot")
	if err := os.WriteFile(path, snapshot(5, 70)[8:], 0o600); err != nil { // the build before had no users
		log.Print(err)
		return
	}
	if err := start(path); err != nil {
		fmt.Printf("kept: the snapshot of another build is refused: %v\n", err)
	}
}
