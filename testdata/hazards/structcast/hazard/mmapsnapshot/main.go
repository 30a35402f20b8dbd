//go:build linux || darwin

// A server starts from the snapshot of the build before it; mapping and decoding
// are in packages of their own.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"unsafe"

	"hazards.test/structcast/hazard/mmapsnapshot/layout"
	"hazards.test/structcast/hazard/mmapsnapshot/region"
)

type head struct {
	Users, Rooms uint64
}

type summary struct {
	Users, Rooms uint32
}

// snapshot is what a server leaves.
func snapshot(users, rooms uint64) []byte {
	b := make([]byte, os.Getpagesize())
	binary.NativeEndian.PutUint64(b, users)
	binary.NativeEndian.PutUint64(b[8:], rooms)
	binary.NativeEndian.PutUint32(b[16:], 11)
	binary.NativeEndian.PutUint32(b[20:], 12)
	end := b[len(b)-16:]
	binary.NativeEndian.PutUint32(end, 0xabcd)
	binary.NativeEndian.PutUint32(end[4:], 90)
	binary.NativeEndian.PutUint64(end[8:], 1700000000000000000)
	return b
}

func start(path string) (string, error) {
	r, err := region.Map(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := (*head)(unsafe.Pointer(&r.Bytes[0])) // want `mapped file cast to a struct is misread after an update`
	s := layout.Of[summary](r.Bytes)          // want `mapped file cast to a struct`
	b, err := region.Load(path)
	if err != nil {
		return "", err
	}
	t := layout.TrailerOf(b[len(b)-16:]) // want `file bytes cast to a struct`
	return fmt.Sprintf("%d users in %d rooms (%d, %d), %d rows of %d", h.Users, h.Rooms, s.Users, s.Rooms, t.Rows, t.Written), nil
}

func main() {
	if len(os.Args) > 1 {
		path := filepath.Join(os.Args[1], "snapshot")
		text, err := start(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = os.WriteFile(path, snapshot(5, 70), 0o600)
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(text)
		return
	}
	dir, err := os.MkdirTemp("", "snapshot")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "snapshot")
	old := snapshot(5, 70)[8:] // the build before had no users, and rooms first
	if err := os.WriteFile(path, append(old, make([]byte, 8)...), 0o600); err != nil {
		log.Print(err)
		return
	}
	text, err := start(path)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: the snapshot of 70 rooms is read as %s\n", text)
}
