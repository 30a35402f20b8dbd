// Decode unmarshals the new settings into a new object and swaps it in
// atomically.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

var config atomic.Pointer[probe.Config]

func reload() error {
	data, err := json.Marshal(probe.Load())
	if err != nil {
		return err
	}
	next := new(probe.Config)
	if err := json.Unmarshal(data, next); err != nil {
		return err
	}
	config.Store(next) // safe: configswap/multiword
	return nil
}

func show(w http.ResponseWriter, r *http.Request) {
	c := config.Load() // safe: configswap/multiword related
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, c.Limit)
}

func main() {
	if err := reload(); err != nil {
		log.Fatal(err)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			if err := reload(); err != nil {
				log.Print(err)
			}
		}
	}()
	http.HandleFunc("/", show)
	probe.Run(http.DefaultServeMux)
}
