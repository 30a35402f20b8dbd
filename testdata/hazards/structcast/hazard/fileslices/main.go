// A lookup table is read from a file and seen as structs
// through slice headers.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

func write(path string) error {
	table := []row{{Key: 1, Weight: 5, Value: 10}, {Key: 2, Weight: 6, Value: 20}, {Key: 3, Weight: 7, Value: 30}}
	links := []edge{{From: 1, To: 2}, {From: 2, To: 3}, {From: 3, To: 1}}
	ranges := []span{{Lo: 100, Hi: 200}, {Lo: 300, Hi: 400}, {Lo: 500, Hi: 600}, {Lo: 700, Hi: 800}}
	for name, data := range map[string][]byte{
		"rows":  unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), len(table)*int(unsafe.Sizeof(row{}))),
		"edges": unsafe.Slice((*byte)(unsafe.Pointer(&links[0])), len(links)*int(unsafe.Sizeof(edge{}))),
		"spans": unsafe.Slice((*byte)(unsafe.Pointer(&ranges[0])), len(ranges)*int(unsafe.Sizeof(span{}))),
	} {
		if err := os.WriteFile(filepath.Join(path, name), append(data[:len(data):len(data)], make([]byte, 64)...), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func read(path string) (table []row, list []edge, ranges []span, err error) {
	var files [3]*os.File
	for i, name := range []string{"rows", "edges", "spans"} {
		if files[i], err = os.Open(filepath.Join(path, name)); err != nil {
			return nil, nil, nil, err
		}
		defer files[i].Close()
	}
	if table, err = rows(bufio.NewReader(files[0]), 36); err != nil {
		return nil, nil, nil, err
	}
	if list, err = edges(files[1]); err != nil {
		return nil, nil, nil, err
	}
	return table, list, spans(files[2]), nil
}

// serve is one life of a program that has the table.
func serve(path string) error {
	if _, err := os.Stat(filepath.Join(path, "spans")); errors.Is(err, fs.ErrNotExist) {
		return write(path)
	}
	table, list, ranges, err := read(path)
	if err != nil {
		return err
	}
	fmt.Printf("key %d has value %d, from %d to %d, %d to %d\n",
		table[0].Key, table[0].Value, list[0].From, list[0].To, ranges[0].Lo, ranges[0].Hi)
	return nil
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(os.Args[1]); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "table")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := write(dir); err != nil {
		log.Print(err)
		return
	}
	old := []byte{1, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 20, 0, 0, 0} // rows had no weight
	if err := os.WriteFile(filepath.Join(dir, "rows"), append(old, make([]byte, 64)...), 0o600); err != nil {
		log.Print(err)
		return
	}
	table, list, ranges, err := read(dir)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: key 1 has value 10, the table says %d (%d edges, %d spans)\n", table[0].Value, len(list), len(ranges))
}
