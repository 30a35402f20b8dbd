// Mutate refreshes its settings on SIGHUP in a copy that it publishes when
// complete.
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

var live atomic.Pointer[probe.Config]

func refresh() {
	next := probe.Load()
	changed := *live.Load()
	changed.Name = next.Name
	changed.Limit = next.Limit
	live.Store(&changed)
}

func handle(w http.ResponseWriter, r *http.Request) {
	c := live.Load()
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, c.Limit)
}

func main() {
	live.Store(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			refresh()
		}
	}()
	http.HandleFunc("/", handle)
	probe.Run(http.DefaultServeMux)
}
