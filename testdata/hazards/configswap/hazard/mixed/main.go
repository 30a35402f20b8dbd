// Mixed publishes its settings atomically, and its handler loads them twice for
// one answer.
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

type service struct {
	settings atomic.Pointer[probe.Config]
}

func (s *service) current() *probe.Config { return s.settings.Load() }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.current()
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, s.current().Limit) // want `second load combines two versions`
}

func main() {
	s := new(service)
	first := probe.Load()
	s.settings.Store(first)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			s.settings.Store(probe.Load())
		}
	}()
	probe.Run(s)
}
