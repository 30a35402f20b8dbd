// Package store keeps the limits of the tenants.
package store

import (
	"encoding/json"
	"os"
	"sync"

	"hazards.test/configswap/internal/probe"
)

// Store is the limits of one file.
type Store struct {
	mu     sync.RWMutex
	limits probe.Config
}

// New returns an empty store.
func New() *Store { return new(Store) }

// Load replaces the limits by those of a file.
func (s *Store) Load(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var next probe.Config
	if err := json.Unmarshal(data, &next); err != nil {
		return err
	}
	s.replace(next)
	return nil
}

func (s *Store) replace(next probe.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = next
}

// Current returns the name of the tenant and how many requests it may send.
func (s *Store) Current() (name string, limit int) { // safe: configswap/onesided related
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.limits.Name, s.limits.Limit
}
