// A cache reads its index straight into structs, after it has compared a hash of
// their layout.
package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"unsafe"
)

type index struct {
	Layout  uint64
	Entries uint64
	Hits    uint64
	Bytes   uint64
}

// layoutOf changes with every field that is added, moved or changed.
func layoutOf() uint64 {
	h := fnv.New64a()
	t := reflect.TypeFor[index]()
	for i := range t.NumField() {
		fmt.Fprint(h, t.Field(i).Name, t.Field(i).Offset, t.Field(i).Type)
	}
	return h.Sum64()
}

func readIndex(r io.Reader) (index, error) {
	var ix index
	if _, err := io.ReadFull(r, (*[unsafe.Sizeof(index{})]byte)(unsafe.Pointer(&ix))[:]); err != nil {
		return index{}, err
	}
	if ix.Layout != layoutOf() {
		return index{Layout: layoutOf()}, nil
	}
	return ix, nil
}

func main() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "index")
	if err := os.WriteFile(path, make([]byte, 64), 0o600); err != nil { // of a build before
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
	fmt.Printf("kept: an index of another layout is dropped, %d hits\n", ix.Hits)
}
