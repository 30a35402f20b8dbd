// Skippedstop stops its profile where its benchmark ends well; main then exits.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type bench struct {
	dir  string
	file *os.File
}

func (b *bench) startProfile() error {
	var err error
	if b.file, err = os.Create(filepath.Join(b.dir, "cpu.pprof")); err != nil {
		return err
	}
	return pprof.StartCPUProfile(b.file)
}

func (b *bench) stopProfile() {
	pprof.StopCPUProfile()
	b.file.Close()
}

// stage runs a part of the benchmark.
func stage(name string, f func() error) error {
	start := time.Now()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintln(os.Stderr, name, time.Since(start))
	return nil
}

var errFull = errors.New("disk full")

func (b *bench) ingest() error {
	observe.Burn(50 * time.Millisecond)
	return errFull
}

func (b *bench) run() error {
	if err := b.startProfile(); err != nil {
		return err
	}
	defer b.stopProfile()
	if err := stage("ingest", b.ingest); err != nil {
		return err
	}
	return nil
}

func main() {
	dir := observe.Begin(observe.Profile)
	b := &bench{dir: dir}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
