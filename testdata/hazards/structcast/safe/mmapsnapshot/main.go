// A server starts from the snapshot of the build before it, unless that has
// another size; decoding is in a package of its own.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"hazards.test/structcast/safe/mmapsnapshot/layout"
)

type head struct {
	Epoch, Users, Rooms uint64
}

func main() {
	dir, err := os.MkdirTemp("", "snapshot")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "snapshot")
	if err := os.WriteFile(path, make([]byte, 16), 0o600); err != nil { // the build before had no epoch
		log.Print(err)
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		log.Print(err)
		return
	}
	h, err := layout.Of[head](b)
	if err == nil {
		log.Printf("%d users", h.Users)
		return
	}
	fmt.Printf("kept: the snapshot of another build is refused: %v\n", err)
}
