// Generic shares its settings through a generic holder that has no lock.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

type holder[T any] struct {
	value T
}

func (h *holder[T]) set(v T) {

	h.value = v // want `state is replaced on reload`
}

func (h *holder[T]) get() T {

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

		name := h.get().Name
		probe.Backend()
		fmt.Fprintln(w, name, h.get().Limit)
	})
	probe.Run(http.DefaultServeMux)
}
