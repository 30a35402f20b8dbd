// Mapinplace holds its limits in a map that PUT /limits changes while requests
// read it.
package main

import (
	"fmt"
	"net/http"
	"strconv"

	"hazards.test/configswap/internal/probe"
)

type limiter struct {
	limits map[string]int
}

func (l *limiter) put(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}

	l.limits["a"] = n // want `map is changed on reload while others read it`
}

func (l *limiter) get(w http.ResponseWriter, r *http.Request) {

	before := l.limits["a"]
	probe.Backend()
	if l.limits["a"] != before {
		fmt.Fprintln(w, "a", l.limits["a"])
		return
	}
	fmt.Fprintln(w, "a", before)
}

func main() {
	l := &limiter{limits: map[string]int{"a": 1}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /limits", l.put)
	mux.HandleFunc("GET /limits", l.get)
	url := probe.Serve(mux) + "/limits"
	probe.Trigger(func() {
		go func() {
			req, err := http.NewRequest(http.MethodPut, url+"?limit=2", nil)
			if err == nil {
				_, err = http.DefaultClient.Do(req)
			}
			if err != nil {
				fmt.Println(err)
			}
		}()
	})
	probe.Verdict(probe.Get(url))
}
