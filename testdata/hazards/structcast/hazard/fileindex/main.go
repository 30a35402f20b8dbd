// A cache reads its index straight into structs. HostLayout and a lower bound of
// the size do not stop an inserted field.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"structs"
	"unsafe"
)

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

func write(path string, ix *index) error {
	return os.WriteFile(path, append(bytesOf(ix), "entries..."...), 0o600)
}

// serve is one life of the cache.
func serve(path string) error {
	ix := index{Entries: 12, Hits: 340, Bytes: 4096}
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
	fmt.Printf("lost: the cache has 4096 bytes and none were hit, the index says %d hits\n", ix.Hits)
}
