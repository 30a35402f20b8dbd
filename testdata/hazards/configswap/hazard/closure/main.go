// Closure shares a local variable of main between its handler and its reload.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

func main() {

	config := probe.Load()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			config = probe.Load() // want `state is replaced on reload`
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {

		name := config.Name
		probe.Backend()
		fmt.Fprintln(w, name, config.Limit)

	})
	probe.Run(http.DefaultServeMux)
}
