//go:build linux || darwin

// A proxy hands its connection table to the process that replaces it, over a unix
// socket, as raw structs.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"unsafe"
)

type entry struct {
	ID      uint32
	Port    uint32
	Started uint64
}

const entrySize = int(unsafe.Sizeof(entry{}))

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
	return (*entry)(unsafe.Pointer(&b[0])) // want `peer's bytes cast to a struct are misread after an update`
}

// receive returns the table of the process before.
func receive(path string) ([]entry, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := &receiver{conn: conn}
	var table []entry
	for {
		e, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return table, nil
		}
		if err != nil {
			return nil, err
		}
		table = append(table, *e)
	}
}

func send(conn net.Conn, table []entry) error {
	defer conn.Close()
	for i := range table {
		if _, err := conn.Write((*[unsafe.Sizeof(entry{})]byte)(unsafe.Pointer(&table[i]))[:]); err != nil {
			return err
		}
	}
	return nil
}

// replace starts the successor and hands the table to it.
func replace(dir string, table []entry) error {
	path := filepath.Join(dir, fmt.Sprintf("handover-%d", os.Getpid()))
	ln, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	defer ln.Close()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Env = append(os.Environ(), "HANDOVER="+path)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	return send(conn, table)
}

func serve(dir string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	table := []entry{{ID: 1, Port: 80, Started: 1700000000000}, {ID: 2, Port: 81, Started: 1700000002000}, {ID: 3, Port: 82, Started: 1700000003000}}
	if path := os.Getenv("HANDOVER"); path != "" {
		var err error
		if table, err = receive(path); err != nil {
			return err
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, e := range table {
			fmt.Fprintf(w, "%d on port %d since %d\n", e.ID, e.Port, e.Started)
		}
	}))
	<-signals
	return replace(dir, table)
}

func main() {
	if len(os.Args) > 1 {
		if err := serve(os.Args[1]); err != nil {
			log.Fatal(err)
		}
		return
	}
	server, client := net.Pipe()
	go func() {
		defer server.Close()
		// What a build sends that has a weight of 8 bytes before the time.
		server.Write([]byte{1, 0, 0, 0, 80, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0x68, 0xe5, 0xcf, 0x8b, 1, 0, 0})
	}()
	r := &receiver{conn: client}
	e, err := r.next()
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("lost: connection 1 began at 1700000000000, the table says %d\n", e.Started)
}
