// Fatal ends by log.Fatal when its work failed; the deferred stop does not run.
package main

import (
	"errors"
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

var errInput = errors.New("bad input")

func convert() error {
	observe.Burn(50 * time.Millisecond)
	return errInput
}

func main() {
	dir := observe.Begin(observe.Profile)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil { // want `cpu profile is lost when the process exits without a stop`
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	if err := convert(); err != nil {
		log.Fatal(err)
	}
}
