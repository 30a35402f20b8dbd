// A cache reads its index straight into structs. HostLayout and a lower bound of
// the size do not stop an inserted field.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"structs"
	"unsafe"
)

type indexV1 struct {
	Entries, Bytes uint64
}

type index struct {
	_       structs.HostLayout
	Entries uint64
	Hits    uint64
	Bytes   uint64
}

const _ = uint(unsafe.Sizeof(index{}) - 16)

func readIndex(r io.Reader) (index, error) {
	var ix index
	_, err := io.ReadFull(r, (*[unsafe.Sizeof(index{})]byte)(unsafe.Pointer(&ix))[:]) // want `file bytes cast to a struct are misread after an update`
	return ix, err
}

func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

func main() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "index")
	old := indexV1{Entries: 12, Bytes: 4096}
	if err := os.WriteFile(path, append(bytesOf(&old), "entries..."...), 0o600); err != nil {
		log.Print(err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	ix, err := readIndex(f)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: the cache has 4096 bytes and none were hit, the index says %d hits\n", ix.Hits)
}
