// Closure shares a local variable of main between its handler and its reload,
// guarded by a function that locks.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

func main() {
	var mu sync.Mutex
	guarded := func(f func()) {
		mu.Lock()
		defer mu.Unlock()
		f()
	}
	config := probe.Load()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			guarded(func() { config = probe.Load() }) // safe: configswap/pointer
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		guarded(func() {
			name := config.Name
			probe.Backend()
			fmt.Fprintln(w, name, config.Limit)
		})
	})
	probe.Run(http.DefaultServeMux)
}
