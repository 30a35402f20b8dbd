// Once reads its settings on first use, and a hangup reads them again past the
// sync.Once.
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

var (
	once     sync.Once
	settings *probe.Config
)

func current() *probe.Config {
	once.Do(func() { settings = probe.Load() })
	return settings
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
			settings = probe.Load() // want `state of a sync.Once is replaced on reload`
		}
	}()
	http.HandleFunc("/", serve)
	probe.Run(http.DefaultServeMux)
}
