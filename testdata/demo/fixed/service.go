package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// lastLoad holds the bits of the newest load average, a float64.
var lastLoad atomic.Uint64

// histogram counts the samples of each whole load.
var histogram [1024]atomic.Uint64

// recordLoad is called with every sample, on the sampler's thread.
func recordLoad(load float64) {
	lastLoad.Store(math.Float64bits(load))
	histogram[int(load)].Add(1)
}

// service answers requests. Its state outlives the image.
type service struct {
	state  *state
	served atomic.Uint64 // by this image
}

// ServeHTTP greets, with the words of the configuration.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.served.Add(1)
	cfg := currentConfig()
	name := r.URL.Query().Get("name")
	if len(name) > cfg.MaxName {
		http.Error(w, "name is too long", http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%s %s\ngeneration %d since %s, request %d, load %.2f, %d samples without load\n",
		cfg.Greeting, name, s.state.Generation, time.Unix(s.state.Since, 0).UTC(), s.state.Served+n,
		math.Float64frombits(lastLoad.Load()), histogram[0].Load())
}

// drain lets the requests in flight end, for at most five seconds.
func drain(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return srv.Shutdown(ctx)
}
