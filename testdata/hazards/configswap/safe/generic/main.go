// Generic shares its settings through a generic holder with a lock.
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

type holder[T any] struct {
	mu    sync.RWMutex
	value T
}

func (h *holder[T]) set(v T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.value = v
}

func (h *holder[T]) get() T {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.value
}

func main() {
	h := new(holder[*probe.Config])
	h.set(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			h.set(probe.Load())
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c := h.get()
		name := c.Name
		probe.Backend()
		fmt.Fprintln(w, name, c.Limit)
	})
	probe.Run(http.DefaultServeMux)
}
