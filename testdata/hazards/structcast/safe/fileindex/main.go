// A cache reads its index straight into structs, and compares a hash of their layout
// before it takes anything of them.
package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
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
	_, err := io.ReadFull(r, (*[unsafe.Sizeof(index{})]byte)(unsafe.Pointer(&ix))[:])
	if err == nil && ix.Layout != layoutOf() {
		ix = index{Layout: layoutOf()}
	}
	return ix, err
}

func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

func write(path string, ix *index) error {
	return os.WriteFile(path, append(bytesOf(ix), "entries..."...), 0o600)
}

// serve is one life of the cache.
func serve(path string) error {
	ix := index{Layout: layoutOf(), Entries: 12, Hits: 340, Bytes: 4096}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		ix, err = readIndex(f)
		f.Close()
		if err != nil {
			return err
		}
	}
	ix.Hits++
	fmt.Printf("%d entries of %d bytes, %d hits\n", ix.Entries, ix.Bytes, ix.Hits)
	return write(path, &ix)
}

// old is what the build before this one had.
type old struct {
	Entries, Bytes uint64
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(filepath.Join(os.Args[1], "index")); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "index")
	before := old{Entries: 12, Bytes: 4096}
	if err := os.WriteFile(path, append(bytesOf(&before), "entries..."...), 0o600); err != nil {
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
