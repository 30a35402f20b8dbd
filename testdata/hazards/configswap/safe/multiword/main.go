// Multiword keeps its settings as a struct value in the server; reload and
// requests hold its lock.
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

type server struct {
	mu       sync.RWMutex
	settings probe.Config
}

func (s *server) reload() {
	next := probe.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = *next
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	name := s.settings.Name
	probe.Backend()
	fmt.Fprintln(w, name, s.settings.Limit)
}

func (s *server) watch(hangups <-chan os.Signal) {
	for range hangups {
		s.reload()
	}
}

func main() {
	s := &server{settings: *probe.Load()}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go s.watch(hangups)
	probe.Run(s)
}
