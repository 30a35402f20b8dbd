// Reloads is a service that reads its configuration anew on SIGHUP. It keeps it in
// several ways, some of which are wrong.
package main

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

type config struct {
	name  string
	limit int
}

// read reads a file and logs, which must not hide a race.
func read() *config {
	data, err := os.ReadFile("/proc/self/stat")
	log.Print("read ", len(data), " ", err)
	return &config{"name", len(data)}
}

var (
	plain    *config
	requests int // counted without a lock, which is not what reloads are about

	mu     sync.RWMutex
	locked *config

	live atomic.Pointer[config]

	// meter is locked before and after each use and replacement of metered, which
	// orders nearly all of them by chance and protects none.
	meter   sync.Mutex
	metered *config
)

func count() {
	meter.Lock()
	defer meter.Unlock()
}

func reload() {
	log.Print("reloading")
	plain = read()
	mu.Lock()
	locked = read()
	mu.Unlock()
	live.Store(read())
	c := read()
	count()
	metered = c
	count()
}

func use(w http.ResponseWriter, r *http.Request) {
	requests++
	log.Print("request ", plain.name)
	mu.RLock()
	log.Print("locked ", locked.name)
	mu.RUnlock()
	count()
	name := metered.name
	count()
	log.Print("metered ", name)
}

func twice(w http.ResponseWriter, r *http.Request) {
	name := live.Load().name
	fmt.Fprintln(w, name, live.Load().limit)
}

func once(w http.ResponseWriter, r *http.Request) {
	c := live.Load()
	fmt.Fprintln(w, c.name, c.limit)
}

func stale() {
	c := live.Load()
	for {
		time.Sleep(time.Millisecond)
		_ = c.name
	}
}

func fresh() {
	for {
		c := live.Load()
		time.Sleep(time.Millisecond)
		_ = c.name
	}
}

func main() {
	plain, locked, metered = read(), read(), read()
	live.Store(read())
	go stale()
	go fresh()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			reload()
		}
	}()
	http.HandleFunc("/use", use)
	http.HandleFunc("/twice", twice)
	http.HandleFunc("/once", once)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
