// Storemap fills the map of another package anew, under the lock of those
// who look into it.
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

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/storemap/tenants"
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
	both := tenants.All() // safe: configswap/map related
	probe.Backend()
	fmt.Fprintln(w, both["name"], both["limit"])
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
		if err := tenants.Read(path); err != nil {
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
