// Package store keeps the settings of the service; whoever shares a store among
// goroutines has to keep them apart.
package store

import (
	"encoding/json"
	"os"

	"hazards.test/configswap/internal/probe"
)

// Store is the settings of one file.
type Store struct{ current *probe.Config }

// Load replaces the settings by those of a file.
func (s *Store) Load(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var next probe.Config
	if err := json.Unmarshal(data, &next); err != nil {
		return err
	}
	s.current = &next
	return nil
}

// Current returns the settings.
func (s *Store) Current() *probe.Config { return s.current }
