// Package exporter sends spans to a collector that can be exchanged while it
// runs.
package exporter

// Manager owns the connection to the collector.
type Manager struct {
	done  chan struct{}
	close func() string
}

// New returns a manager without a collector.
func New() *Manager { return &Manager{done: make(chan struct{})} }

// Run blocks until Stop is called.
func (m *Manager) Run() { <-m.done }

// Apply closes the connection to the old collector and opens the new one.
func (m *Manager) Apply(open func() func() string) {
	if m.close != nil {
		m.close()
	}
	m.close = open() // want `state is replaced on reload`
}

// Stop closes the connection and ends Run.
func (m *Manager) Stop() string {
	defer close(m.done)
	if m.close == nil {
		return ""
	}
	return m.close()
}
