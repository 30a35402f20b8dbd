// Setters configures its server by options, setters and a constructor, all
// before it serves.
package main

import (
	"fmt"
	"net/http"

	"hazards.test/configswap/internal/probe"
)

type option func(*server)

func withLimit(c *probe.Config) option { return func(s *server) { s.limit = c.Limit } }

type server struct {
	name  string
	limit int
	hits  map[string]int
}

func newServer(options ...option) *server {
	s := &server{}
	s.hits = make(map[string]int)
	for _, o := range options {
		o(s)
	}
	return s
}

// SetName names the server; it must be called before the server is used.
func (s *server) SetName(name string) { s.name = name }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := s.name
	probe.Backend()
	fmt.Fprintln(w, name, s.limit)
}

func main() {
	c := probe.Load()
	s := newServer(withLimit(c))
	s.SetName(c.Name)
	probe.Trigger(func() {})
	probe.Run(s)
}
