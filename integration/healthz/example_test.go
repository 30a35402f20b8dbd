package healthz_test

import (
	"expvar"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/hotvet/hotvet/integration/healthz"
)

// A service shows its health beside its profiles, and among its variables.
func Example() {
	checker := healthz.New(healthz.Config{})
	mux := http.NewServeMux()
	mux.Handle("GET /debug/pprof/healthz", checker)
	expvar.Publish("health", checker)

	server := httptest.NewServer(mux)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/debug/pprof/healthz")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	health, err := healthz.Read(resp.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range health.Parts {
		fmt.Println(p.Name, p.Unit)
	}
	// Output:
	// throttling share
	// goroutines ratio
	// heap share
	// gc share
	// profile seconds
	// cgo count
}
