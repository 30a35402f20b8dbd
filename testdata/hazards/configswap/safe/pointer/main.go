// Pointer keeps its configuration behind an atomic pointer, and a request uses
// the one that it loaded first.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

var config atomic.Pointer[probe.Config]

func greet(w http.ResponseWriter, r *http.Request) {
	current := config.Load() // safe: configswap/pointer related
	name := current.Name
	probe.Backend()
	fmt.Fprintln(w, name, current.Limit)
}

func main() {
	config.Store(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			config.Store(probe.Load()) // safe: configswap/pointer
		}
	}()
	http.HandleFunc("/", greet)
	probe.Run(http.DefaultServeMux)
}
