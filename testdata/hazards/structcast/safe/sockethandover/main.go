// A proxy hands its connection table to the process that replaces it, over a unix
// socket. The size of an entry is fixed when it is compiled.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"unsafe"
)

type entry struct {
	ID      uint32
	Port    uint32
	Started uint64
}

const entrySize = int(unsafe.Sizeof(entry{}))

// What is on the wire cannot grow: one of these does not compile then.
const (
	_ = uint(unsafe.Sizeof(entry{}) - 16)
	_ = uint(16 - unsafe.Sizeof(entry{}))
	_ = uint(8 - unsafe.Offsetof(entry{}.Started))
)

type receiver struct {
	conn net.Conn
	buf  []byte
}

func (r *receiver) fill(n int) error {
	r.buf = make([]byte, n)
	_, err := io.ReadFull(r.conn, r.buf)
	return err
}

func (r *receiver) next() (*entry, error) {
	if err := r.fill(entrySize); err != nil {
		return nil, err
	}
	return decode(r.buf), nil
}

func decode(b []byte) *entry {
	return (*entry)(unsafe.Pointer(&b[0]))
}

func send(path string, table []entry) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range table {
		if _, err := conn.Write((*[unsafe.Sizeof(entry{})]byte)(unsafe.Pointer(&table[i]))[:]); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	dir, err := os.MkdirTemp("", "handover")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		log.Print(err)
		return
	}
	defer ln.Close()
	go send(path, []entry{{1, 80, 1000}, {2, 81, 2000}, {3, 82, 3000}})

	conn, err := ln.Accept()
	if err != nil {
		log.Print(err)
		return
	}
	defer conn.Close()
	r := &receiver{conn: conn}
	e, err := r.next()
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("kept: connection 1 began at 1000, the table says %d\n", e.Started)
}
