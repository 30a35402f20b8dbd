// Mutatelate completes the new settings before it stores them.
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

type app struct {
	live atomic.Value
}

func (a *app) reload() {
	full := probe.Load()
	next := &probe.Config{Name: full.Name}
	n := full.Limit
	next.Limit = n
	a.live.Store(next)
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	probe.Backend()
	c := a.live.Load().(*probe.Config)
	fmt.Fprintln(w, c.Name, c.Limit)
}

func main() {
	a := new(app)
	a.live.Store(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			a.reload()
		}
	}()
	probe.Run(a)
}
