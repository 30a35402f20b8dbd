// Watcher has its own file watcher, whose events make a goroutine reread the
// settings into an atomic.Value.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"hazards.test/configswap/internal/probe"
)

type change struct{ path string }

type watcher struct{ changes chan change }

// poll sends a change whenever the file is newer than before.
func (w *watcher) poll(path string) {
	var last time.Time
	for {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(last) {
			if !last.IsZero() {
				w.changes <- change{path}
			}
			last = info.ModTime()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var config atomic.Value

func show(w http.ResponseWriter, r *http.Request) {
	c := config.Load().(probe.Config) // safe: configswap/multiword related
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, c.Limit)
}

func read() probe.Config { return *probe.Load() }

func main() {
	dir, err := os.MkdirTemp("", "watcher")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config")
	touch := func() {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			log.Print(err)
		}
	}
	touch()
	config.Store(read())
	w := &watcher{changes: make(chan change)}
	go w.poll(path)
	go func() {
		for c := range w.changes {
			log.Print("reloading ", filepath.Base(c.path))
			config.Store(read()) // safe: configswap/multiword
		}
	}()
	time.Sleep(50 * time.Millisecond)
	probe.Trigger(touch)
	http.HandleFunc("/", show)
	probe.Run(http.DefaultServeMux)
}
