// Storeguard keeps the lock of a store beside it: the store has none.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/storeguard/store"
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

// guarded is a store that requests and reloads share.
type guarded struct {
	mu    sync.RWMutex
	store store.Store
}

func (g *guarded) load(path string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.store.Load(path)
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.RLock()
	current := g.store.Current()
	g.mu.RUnlock()
	probe.Backend()
	fmt.Fprintln(w, current.Name, current.Limit)
}

func main() {
	dir, err := os.MkdirTemp("", "storeguard")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "limits.json")
	g := new(guarded)
	edit(path)
	if err := g.load(path); err != nil {
		log.Fatal(err)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			edit(path)
			if err := g.load(path); err != nil {
				log.Print(err)
			}
		}
	}()
	probe.Run(g)
}
