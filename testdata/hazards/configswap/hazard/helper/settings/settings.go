// Package settings keeps the settings up to date.
package settings

import (
	"sync"

	"hazards.test/configswap/hazard/helper/hangup"
	"hazards.test/configswap/internal/probe"
)

// Settings are replaced at each hangup signal.
type Settings struct {
	mu  sync.RWMutex
	cfg *probe.Config
}

// Open loads the settings.
func Open() *Settings {
	s := new(Settings)
	s.load()
	hangup.Do(func() { s.load() })
	return s
}

func (s *Settings) load() {
	next := parse()
	s.mu.Lock()
	s.cfg = next.cfg
	s.mu.Unlock()
}

func parse() *Settings {
	s := new(Settings)
	s.cfg = probe.Load()
	return s
}

// Name returns the name.
func (s *Settings) Name() string {
	return s.cfg.Name // want `state is replaced under a lock on reload and used here without it`
}

// Limit returns the limit.
func (s *Settings) Limit() int {
	return s.cfg.Limit
}
