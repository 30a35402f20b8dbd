// Ratezero takes the rate zero for the end of the profile; sampling ends, and
// the profile says nothing of what follows.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func pause() {
	runtime.SetCPUProfileRate(0) // want `rate zero ends sampling under a running cpu profile`
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
	pause()
	observe.Burn(200 * time.Millisecond)
}
