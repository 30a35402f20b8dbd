// Early takes its lock after it has read the pointer that the lock guards.
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

type gateway struct {
	mu  sync.RWMutex
	cfg *probe.Config
}

func (g *gateway) reload() {
	next := probe.Load()
	g.mu.Lock()
	g.cfg = next
	g.mu.Unlock()
}

func (g *gateway) forward(w http.ResponseWriter, r *http.Request) {

	name := g.cfg.Name // want `used here without it`
	probe.Backend()
	g.mu.RLock()
	defer g.mu.RUnlock()
	fmt.Fprintln(w, name, g.cfg.Limit)
}

func main() {
	g := &gateway{cfg: probe.Load()}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-hangups:
				g.reload()
			}
		}
	}()
	http.HandleFunc("/forward", g.forward)
	probe.Verdict(probe.Get(probe.Serve(http.DefaultServeMux) + "/forward"))
}
