// Package routes is the routing table of the service.
package routes

import (
	"sync"

	"hazards.test/configswap/internal/probe"
)

// Table maps a path to its settings.
type Table struct {
	mu     sync.Mutex
	routes map[string]*probe.Config
}

// Replace installs the routes of a new configuration.
func (t *Table) Replace(c *probe.Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.routes = map[string]*probe.Config{"/": c}
}

// Len returns the number of routes.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.routes)
}

// Find returns the settings of a path.
func (t *Table) Find(path string) *probe.Config {
	return t.routes[path] // want `state is replaced under a lock on reload and used here without it`
}
