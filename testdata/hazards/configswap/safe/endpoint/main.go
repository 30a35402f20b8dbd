// Endpoint reloads its settings on POST /reload under the lock of the requests.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"hazards.test/configswap/internal/probe"
)

type api struct {
	mu  sync.RWMutex
	cfg probe.Config
}

func (a *api) reload(w http.ResponseWriter, r *http.Request) {
	var next probe.Config
	if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cfg = next
}

func (a *api) show(w http.ResponseWriter, r *http.Request) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	name := a.cfg.Name
	probe.Backend()
	fmt.Fprintln(w, name, a.cfg.Limit)
}

// An env is made for each request, and handlers are given a copy.
type env struct{ vars map[string]string }

type handler interface {
	ServeEnv(e env, w http.ResponseWriter, r *http.Request)
}

func (a *api) ServeEnv(e env, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Route", e.vars["route"])
	a.show(w, r)
}

// A routed handler notes the route in the environment of its one request.
type routed struct {
	env  *env
	next handler
}

func (h routed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.env.vars["route"] = r.URL.Path
	defer delete(h.env.vars, "route")
	h.next.ServeEnv(*h.env, w, r)
}

func main() {
	a := &api{cfg: *probe.Load()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", a.reload)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		routed{&env{vars: make(map[string]string)}, a}.ServeHTTP(w, r)
	})
	url := probe.Serve(mux)
	probe.Trigger(func() {
		go func() {
			_, err := http.Post(url+"/reload", "application/json", bytes.NewBufferString(`{"Name":"b","Limit":2}`))
			if err != nil {
				fmt.Println(err)
			}
		}()
	})
	probe.Verdict(probe.Get(url))
}
