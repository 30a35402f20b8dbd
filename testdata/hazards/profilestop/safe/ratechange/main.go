// Ratechange takes its profile at the rate of pprof, and sets no other.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func profile(dir string) (stop func(), err error) {
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}

func main() {
	dir := observe.Begin(observe.Rate)
	stop, err := profile(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	observe.Burn(50 * time.Millisecond) // safe: profilestop/rate
}
