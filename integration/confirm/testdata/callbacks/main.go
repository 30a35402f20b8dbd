// Command callbacks is called back by C: for requests, by a thread and from a signal
// handler.
package main

/*
#include "bus.h"
*/
import "C"

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A handler answers a request.
type handler func(n int) int

var (
	mu       sync.Mutex
	handlers = map[int]handler{}
	total    atomic.Int64
)

// Register makes a handler known to C.
func Register(id int, h handler) {
	mu.Lock()
	defer mu.Unlock()
	handlers[id] = h
}

//export onRequest
func onRequest(id, n C.int) C.int {
	mu.Lock()
	h, ok := handlers[int(id)]
	mu.Unlock()
	if !ok {
		return -1
	}
	return C.int(h(int(n)))
}

//export onTick
func onTick(n C.int) {
	f, err := os.OpenFile("ticks", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Println(err)
		return
	}
	defer f.Close()
	fmt.Fprintln(f, n)
	time.Sleep(3 * time.Millisecond)
	total.Add(1)
}

//export onUser
func onUser(number C.int) { total.Add(1) }

func main() {
	Register(1, func(n int) int { return n + int(total.Load()) })
	C.bus_start()
	C.bus_watch()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	usr2 := make(chan os.Signal, 1)
	signal.Notify(usr2, syscall.SIGUSR2)
	go func() {
		<-usr2
		self, err := os.Executable()
		if err == nil {
			err = syscall.Exec(self, os.Args, os.Environ())
		}
		log.Println(err)
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, C.bus_request(1, 2))
	})
	log.Fatal(http.Serve(l, nil))
}
