// A rate limiter keeps its counters in a file over restarts, as the bytes of its
// struct behind a version. A file of another version or length is not taken.
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
)

const version = 2

type counters struct {
	Version, Seq, Limit, Denied uint64
}

func load(path string) (counters, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return counters{Version: version, Seq: 76, Limit: 1000, Denied: 9}, nil
	}
	if err != nil {
		return counters{}, err
	}
	if len(data) != int(unsafe.Sizeof(counters{})) || binary.NativeEndian.Uint64(data) != version {
		return counters{Version: version}, nil
	}
	return *(*counters)(unsafe.Pointer(&data[0])), nil
}

func save(path string, c *counters) error {
	data := unsafe.Slice((*byte)(unsafe.Pointer(c)), unsafe.Sizeof(*c))
	return os.WriteFile(path, data, 0o600)
}

// serve is one life of the limiter.
func serve(path string) error {
	c, err := load(path)
	if err != nil {
		return err
	}
	c.Seq++
	fmt.Printf("request %d: %d of %d were denied\n", c.Seq, c.Denied, c.Limit)
	return save(path, &c)
}

// old is what the build before this one had.
type old struct {
	Limit, Denied uint64
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(filepath.Join(os.Args[1], "counters")); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "limiter")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "counters")
	before := old{Limit: 1000, Denied: 9}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&before)), unsafe.Sizeof(before))
	if err := os.WriteFile(path, append(raw, make([]byte, 8)...), 0o600); err != nil {
		log.Print(err)
		return
	}
	c, err := load(path)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("kept: the file of another build is not taken for limit %d, but %d\n", before.Limit, c.Limit)
}
