// Endpoint reloads its settings on POST /reload next to the requests that use
// them.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"hazards.test/configswap/internal/probe"
)

type api struct {
	cfg probe.Config
}

func (a *api) reload(w http.ResponseWriter, r *http.Request) {
	var next probe.Config
	if err := json.NewDecoder(r.Body).Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	a.cfg = next // want `can be read half written`
}

func (a *api) show(w http.ResponseWriter, r *http.Request) {

	name := a.cfg.Name
	probe.Backend()
	fmt.Fprintln(w, name, a.cfg.Limit)
}

func main() {
	a := &api{cfg: *probe.Load()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", a.reload)
	mux.HandleFunc("/", a.show)
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
