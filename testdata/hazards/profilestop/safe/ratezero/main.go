// Ratezero ends its profile by the call that writes it.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func pause() {
}

func main() {
	dir := observe.Begin(observe.Samples)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	pause() // safe: profilestop/rate
	observe.Burn(200 * time.Millisecond)
}
