// Package settings keeps the settings up to date.
package settings

import (
	"sync"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/helper/hangup"
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

// Current returns the settings of now.
func (s *Settings) Current() *probe.Config {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.cfg // safe: configswap/onesided
}
