// Storeonce loads the settings before it serves, and only counts hangups.
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
	"hazards.test/configswap/safe/storeonce/store"
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
	dir, err := os.MkdirTemp("", "storeonce")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "limits.json")
	st := new(store.Store)
	edit(path)
	if err := st.Load(path); err != nil {
		log.Fatal(err)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			log.Print("restart to read ", path, " again")
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name := st.Current().Name
		probe.Backend()
		fmt.Fprintln(w, name, st.Current().Limit)
	})
	probe.Run(http.DefaultServeMux)
}
