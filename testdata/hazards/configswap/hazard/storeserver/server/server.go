// Package server answers the requests of the tenants.
package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"hazards.test/configswap/internal/probe"
)

// Server is one service.
type Server struct {
	settings probe.Config
}

// Configure replaces the settings by those of a file.
func (s *Server) Configure(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var next probe.Config
	if err := json.Unmarshal(data, &next); err != nil {
		return err
	}
	s.settings = next
	return nil
}

// Register adds the routes of the server.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("/", s.show)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	name := s.settings.Name
	probe.Backend()
	fmt.Fprintln(w, name, s.settings.Limit)
}
