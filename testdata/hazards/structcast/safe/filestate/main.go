// A rate limiter keeps its counters in a file over restarts. The file begins with
// a version; one of another build is decoded field by field.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"unsafe"
)

type countersV1 struct {
	Version, Seq, Limit, Denied uint64
}

const version = 2

type counters struct {
	Version, Shard, Seq, Limit, Denied uint64
}

func load(path string) (counters, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return counters{}, err
	}
	if len(data) < int(unsafe.Sizeof(counters{})) || binary.NativeEndian.Uint64(data) != version {
		return migrate(data), nil
	}
	return *(*counters)(unsafe.Pointer(&data[0])), nil
}

func migrate(data []byte) counters {
	if len(data) < 32 {
		return counters{Version: version}
	}
	return counters{
		Version: version,
		Seq:     binary.NativeEndian.Uint64(data[8:]),
		Limit:   binary.NativeEndian.Uint64(data[16:]),
		Denied:  binary.NativeEndian.Uint64(data[24:]),
	}
}

func main() {
	dir, err := os.MkdirTemp("", "limiter")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "counters")

	old := countersV1{Version: 1, Seq: 77, Limit: 1000, Denied: 9}
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
	fmt.Printf("kept: limit %d is read as %d\n", old.Limit, c.Limit)
}
