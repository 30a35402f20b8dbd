// Exitpkg ends by the helper of another package.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/exitpkg/fail"
)

func main() {
	dir := observe.Begin(observe.Profile)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	observe.Burn(50 * time.Millisecond)
	if _, err := os.Open(filepath.Join(dir, "input")); err != nil {
		fail.With(err)
	}
}
