// Storeplain reloads settings that another package keeps in atomic
// pointers.
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
	"hazards.test/configswap/safe/storeplain/store"
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

// frontend answers requests from its store.
type frontend struct{ store *store.Store }

func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	current := f.store.Current() // safe: configswap/pointer related
	probe.Backend()
	fmt.Fprintln(w, current.Name, current.Limit, f.store.Motto()[:0]) // safe: configswap/multiword related
}

// reload reads the files of a store again on each hangup.
func (f *frontend) reload(path string, hangups <-chan os.Signal) {
	for range hangups {
		edit(path)
		if err := f.store.Load(path); err != nil { // safe: configswap/pointer
			log.Print(err)
		}
		f.store.SetMotto(path) // safe: configswap/multiword
	}
}

func main() {
	dir, err := os.MkdirTemp("", "storeplain")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "limits.json")
	f := &frontend{store: new(store.Store)}
	edit(path)
	if err := f.store.Load(path); err != nil {
		log.Fatal(err)
	}
	f.store.SetMotto(path)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go f.reload(path, hangups)
	probe.Run(f)
}
