// Once reads its settings on first use, and a hangup reads them again and
// publishes them atomically.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

var (
	once     sync.Once
	settings atomic.Pointer[probe.Config]
)

func current() *probe.Config {
	once.Do(func() { settings.Store(probe.Load()) })
	return settings.Load() // safe: configswap/onesided related
}

func serve(w http.ResponseWriter, r *http.Request) {
	name := current().Name
	probe.Backend()
	fmt.Fprintln(w, name, current().Limit)
}

func main() {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			settings.Store(probe.Load()) // safe: configswap/onesided
		}
	}()
	http.HandleFunc("/", serve)
	probe.Run(http.DefaultServeMux)
}
