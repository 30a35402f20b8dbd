// Package profiling starts profiles that are chosen by options.
package profiling

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// A Session is a profile that runs.
type Session struct {
	dir     string
	cpu     bool
	closers []func()
	stopped bool
}

// CPU selects the CPU profile.
func CPU(s *Session) { s.cpu = true }

// Dir says where profiles are written to.
func Dir(path string) func(*Session) { return func(s *Session) { s.dir = path } }

// Start begins a session.
func Start(options ...func(*Session)) interface{ Stop() } {
	s := &Session{}
	for _, option := range options {
		option(s)
	}
	if s.cpu {
		f, err := os.Create(filepath.Join(s.dir, "cpu.pprof"))
		if err != nil {
			log.Fatalf("profiling: %v", err)
		}
		pprof.StartCPUProfile(f)
		s.closers = append(s.closers, func() {
			pprof.StopCPUProfile()
			f.Close()
		})
	}
	return s
}

// Stop ends the session.
func (s *Session) Stop() {
	if s.stopped {
		return
	}
	s.stopped = true
	for _, c := range s.closers {
		c()
	}
}
