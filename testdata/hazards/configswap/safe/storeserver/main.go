// Storeserver reloads a server of another package, which answers requests from
// settings that it replaces under its lock.
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
	"hazards.test/configswap/safe/storeserver/server"
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

func main() {
	dir, err := os.MkdirTemp("", "storeserver")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "limits.json")
	edit(path)
	srv := new(server.Server)
	if err := srv.Configure(path); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	srv.Register(mux)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			edit(path)
			if err := srv.Configure(path); err != nil { // safe: configswap/multiword
				log.Print(err)
			}
		}
	}()
	answer := probe.Get(probe.Serve(mux))
	probe.Verdict(answer)
	fmt.Fprintln(os.Stderr, "answered:", answer)
}
