// Storemap fills the map of another package anew, while requests look into
// it.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"hazards.test/configswap/hazard/storemap/tenants"
	"hazards.test/configswap/internal/probe"
)

// edit writes the next configuration, as an operator does before a hangup.
func edit(path string) {
	data, err := json.Marshal(probe.Load())
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// show answers a request.
func show(w http.ResponseWriter, r *http.Request) {
	first := tenants.Find("name")
	probe.Backend()
	fmt.Fprintln(w, first, tenants.Find("limit"))
}

func main() {
	dir, err := os.MkdirTemp("", "storemap")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tenants.json")
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	reload := func() {
		edit(path)
		if err := tenants.Read(path); err != nil { // want `map is changed on reload while others read it without a lock`
			log.Print(err)
		}
	}
	reload()
	go func() {
		for {
			<-hangups
			reload()
		}
	}()
	http.HandleFunc("/", show)
	probe.Run(http.DefaultServeMux)
}
