// Onesided locks its routes by helper methods in the reload, but not in the
// request.
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

type router struct {
	mu     sync.Mutex
	routes []*probe.Config
}

func (r *router) lock()   { r.mu.Lock() }
func (r *router) unlock() { r.mu.Unlock() }

func (r *router) apply(c *probe.Config) {
	r.lock()
	defer r.unlock()
	r.routes = []*probe.Config{c}
}

func (r *router) ServeHTTP(w http.ResponseWriter, _ *http.Request) {

	name := r.routes[0].Name // want `state is replaced under a lock on reload and used here without it`
	probe.Backend()
	fmt.Fprintln(w, name, r.routes[0].Limit)
}

func main() {
	r := new(router)
	r.apply(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			r.apply(probe.Load())
		}
	}()
	probe.Run(r)
}
