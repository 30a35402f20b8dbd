// Storeowner leaves its store to one goroutine, which reloads it and answers the
// questions of the requests.
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
	"hazards.test/configswap/safe/storeowner/store"
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
	dir, err := os.MkdirTemp("", "storeowner")
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
	questions := make(chan chan probe.Config)
	go func() {
		for {
			select {
			case <-hangups:
				edit(path)
				if err := st.Load(path); err != nil {
					log.Print(err)
				}
			case answer := <-questions:
				answer <- *st.Current()
			}
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer := make(chan probe.Config)
		questions <- answer
		current := <-answer
		probe.Backend()
		fmt.Fprintln(w, current.Name, current.Limit)
	})
	probe.Run(http.DefaultServeMux)
}
