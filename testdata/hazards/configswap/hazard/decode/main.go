// Decode unmarshals the new settings right into the variable that requests
// read.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

var config probe.Config

func reload() error {
	data, err := json.Marshal(probe.Load())
	if err != nil {
		return err
	}

	return json.Unmarshal(data, &config) // want `can be read half written`
}

func show(w http.ResponseWriter, r *http.Request) {

	name := config.Name
	probe.Backend()
	fmt.Fprintln(w, name, config.Limit)
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
