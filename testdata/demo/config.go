package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"syscall"
)

// config is what an operator may change while the server runs.
type config struct {
	Greeting string `json:"greeting"`
	MaxName  int    `json:"max_name"` // bytes
}

// active is the configuration in use.
var active *config

// currentConfig returns the configuration for one request.
func currentConfig() *config { return active }

// readConfig reads a configuration. A missing file means the defaults.
func readConfig(path string) (*config, error) {
	cfg := &config{Greeting: "hello", MaxName: 64}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return cfg, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}

// watchConfig reads the configuration now and again at every SIGHUP.
func watchConfig(path string) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	first, err := readConfig(path)
	if err != nil {
		return err
	}
	active = first
	go func() {
		for range hup {
			next, err := readConfig(path)
			if err != nil {
				log.Printf("keeps its configuration: %v", err)
				continue
			}
			active = next
			log.Printf("has reloaded %s", path)
		}
	}()
	return nil
}
