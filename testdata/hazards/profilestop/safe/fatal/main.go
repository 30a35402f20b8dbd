// Fatal does its work in a function of its own, so that the deferred stop has run
// when log.Fatal ends the process.
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

func run(dir string) error {
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return convert()
}

func main() {
	dir := observe.Begin(observe.Profile)
	if err := run(dir); err != nil {
		log.Fatal(err)
	}
}
