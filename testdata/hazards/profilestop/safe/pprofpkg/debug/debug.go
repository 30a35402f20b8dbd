// Package debug serves profiles of the process.
package debug

import (
	"context"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// Server serves profiles and nothing else.
type Server struct{ http *http.Server }

// New returns a server that does not listen yet.
func New() *Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return &Server{&http.Server{Handler: mux, ReadHeaderTimeout: time.Second}}
}

// Run serves until Drain.
func (s *Server) Run(l net.Listener) {
	if err := s.http.Serve(l); err != http.ErrServerClosed {
		log.Print(err)
	}
}

// Drain waits for the profiles that are being taken.
func (s *Server) Drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return s.http.Shutdown(ctx)
}
