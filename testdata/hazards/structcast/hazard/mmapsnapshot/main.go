//go:build linux || darwin

// A server starts from the snapshot of the build before it; mapping and decoding
// are in packages of their own.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"unsafe"

	"hazards.test/structcast/hazard/mmapsnapshot/layout"
	"hazards.test/structcast/hazard/mmapsnapshot/region"
)

type head struct {
	Epoch, Users, Rooms uint64
}

type summary struct {
	Users, Epoch uint64
}

func main() {
	dir, err := os.MkdirTemp("", "snapshot")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "snapshot")
	old := make([]byte, os.Getpagesize())
	binary.NativeEndian.PutUint64(old, 5)      // users: the build before had no epoch
	binary.NativeEndian.PutUint64(old[8:], 70) // rooms
	if err := os.WriteFile(path, old, 0o600); err != nil {
		log.Print(err)
		return
	}
	r, err := region.Map(path)
	if err != nil {
		log.Print(err)
		return
	}
	defer r.Close()

	h := (*head)(unsafe.Pointer(&r.Bytes[0])) // want `mapped file cast to a struct is misread after an update`
	s := layout.Of[summary](r.Bytes)          // want `mapped file cast to a struct`
	b, err := region.Load(path)
	if err != nil {
		log.Print(err)
		return
	}
	t := layout.TrailerOf(b[len(b)-16:]) // want `file bytes cast to a struct`
	fmt.Printf("lost: 5 users are read as %d, %d of %d rows\n", h.Users, s.Epoch, t.Rows)
}
