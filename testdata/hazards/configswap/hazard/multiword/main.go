// Multiword keeps its settings as a struct value in the server; reload copies
// new ones over it, word by word.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

type server struct {
	settings probe.Config
}

func (s *server) reload() {
	next := probe.Load()
	s.settings = *next // want `state is replaced on reload and can be read half written`
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
