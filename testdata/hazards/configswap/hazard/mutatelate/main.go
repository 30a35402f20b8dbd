// Mutatelate stores the new settings first and completes them afterwards.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"hazards.test/configswap/internal/probe"
)

type app struct {
	live atomic.Value
}

func (a *app) reload() {
	full := probe.Load()
	next := &probe.Config{Name: full.Name}
	n := full.Limit
	a.live.Store(next)
	time.Sleep(300 * time.Millisecond)
	next.Limit = n // want `object changes after it was published`
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
