// Atomicside publishes its settings by atomic.StorePointer and reads them by
// LoadPointer, once a request.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"unsafe"

	"hazards.test/configswap/internal/probe"
)

var settings unsafe.Pointer

func reload() { atomic.StorePointer(&settings, unsafe.Pointer(probe.Load())) }

func show(w http.ResponseWriter, r *http.Request) {
	current := (*probe.Config)(atomic.LoadPointer(&settings)) // safe: configswap/onesided
	name := current.Name
	probe.Backend()
	fmt.Fprintln(w, name, current.Limit)
}

func main() {
	reload()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			reload()
		}
	}()
	http.HandleFunc("/", show)
	probe.Run(http.DefaultServeMux)
}
