// Package store keeps the settings of the service.
package store

import (
	"encoding/json"
	"os"
	"sync/atomic"

	"hazards.test/configswap/internal/probe"
)

// Store is the settings of one file.
type Store struct {
	current atomic.Pointer[probe.Config]
	motto   atomic.Pointer[string]
}

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
	s.current.Store(&next)
	return nil
}

// Current returns the settings.
func (s *Store) Current() *probe.Config { return s.current.Load() } // safe: configswap/pointer related

// SetMotto replaces the motto.
func (s *Store) SetMotto(text string) { s.motto.Store(&text) }

// Motto returns the motto.
func (s *Store) Motto() string { return *s.motto.Load() } // safe: configswap/multiword related
