// A rate limiter keeps its counters in a file over restarts. The build before
// wrote them without a shard number; this one lays its own struct over them.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"unsafe"
)

// countersV1 is what the build before this one had.
type countersV1 struct {
	Seq, Limit, Denied uint64
}

type counters struct {
	Shard, Seq, Limit, Denied uint64
}

func load(path string) (counters, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return counters{}, err
	}
	if len(data) == 0 {
		return counters{}, nil
	}
	return *(*counters)(unsafe.Pointer(&data[0])), nil // want `file bytes cast to a struct are misread after an update`
}

func main() {
	dir, err := os.MkdirTemp("", "limiter")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "counters")

	old := countersV1{Seq: 77, Limit: 1000, Denied: 9}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&old)), unsafe.Sizeof(old))
	if err := os.WriteFile(path, append(raw, make([]byte, 8)...), 0o600); err != nil {
		log.Print(err)
		return
	}
	c, err := load(path)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: limit %d is read as %d\n", old.Limit, c.Limit)
}
