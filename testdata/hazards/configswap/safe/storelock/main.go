// Storelock reloads the limits that another package keeps under a lock,
// which the requests take too.
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
	"hazards.test/configswap/safe/storelock/store"
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
	dir, err := os.MkdirTemp("", "storelock")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "limits.json")
	st := store.New()
	edit(path)
	if err := st.Load(path); err != nil {
		log.Fatal(err)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			edit(path)
			if err := st.Load(path); err != nil { // safe: configswap/onesided
				log.Print(err)
			}
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name, limit := st.Current() // safe: configswap/onesided related
		probe.Backend()
		fmt.Fprintln(w, name, limit)
	})
	probe.Run(mux)
}
