// A lookup table is read from a file and seen as structs
// through slice headers.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"unsafe"
)

type row struct {
	Key, Weight, Value uint32
}

type edge struct {
	From, To uint32
}

type span struct {
	Lo, Hi uint16
}

func rows(r *bufio.Reader, n int) ([]row, error) {
	b, err := r.Peek(n)
	if err != nil {
		return nil, err
	}
	var out []row
	h := (*reflect.SliceHeader)(unsafe.Pointer(&out)) // want `file bytes cast to a struct are misread after an update`
	h.Data = uintptr(unsafe.Pointer(&b[0]))
	h.Len = len(b) / int(unsafe.Sizeof(row{}))
	h.Cap = h.Len
	return out, nil
}

func edges(f io.Reader) ([]edge, error) {
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	list := *(*[]edge)(unsafe.Pointer(&b)) // want `file bytes cast to a struct are misread after an update`
	return list[:len(b)/int(unsafe.Sizeof(edge{}))], nil
}

func spans(f *os.File) []span {
	b := make([]byte, 64)
	n, _ := f.ReadAt(b, 0)
	return (*[1 << 20]span)(unsafe.Pointer(&b[0]))[: n/4 : n/4] // want `file bytes cast to a struct are misread after an update`
}

func main() {
	dir, err := os.MkdirTemp("", "table")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "table")
	old := []byte{1, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 20, 0, 0, 0} // rows had no weight
	if err := os.WriteFile(path, old, 0o600); err != nil {
		log.Print(err)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	table, err := rows(bufio.NewReader(f), 12)
	if err != nil {
		log.Print(err)
		return
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		log.Print(err)
		return
	}
	list, err := edges(f)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: key 1 has value 10, the table says %d (%d edges, %d spans)\n", table[0].Value, len(list), len(spans(f)))
}
