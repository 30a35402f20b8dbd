// Pointer keeps its configuration behind a plain pointer, which the goroutine
// that waits for SIGHUP replaces under a running request.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

var config *probe.Config

func greet(w http.ResponseWriter, r *http.Request) {
	name := config.Name
	probe.Backend()
	fmt.Fprintln(w, name, config.Limit)
}

func main() {
	config = probe.Load()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			config = probe.Load() // want `state is replaced on reload while others use it`
		}
	}()
	http.HandleFunc("/", greet)
	probe.Run(http.DefaultServeMux)
}
