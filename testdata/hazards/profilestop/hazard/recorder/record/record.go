// Package record has an object that owns the CPU profile of the process.
package record

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
)

// A Recorder writes one profile at a time.
type Recorder struct {
	mu   sync.Mutex
	dir  string
	file *os.File
}

// New returns a recorder that writes into dir.
func New(dir string) *Recorder { return &Recorder{dir: dir} }

// Start begins a profile.
func (r *Recorder) Start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.Create(filepath.Join(r.dir, "cpu.pprof"))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return err
	}
	r.file = f
	return nil
}

// Stop ends the profile, if there is one.
func (r *Recorder) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		pprof.StopCPUProfile()
		r.file.Close()
		r.file = nil
	}
}
