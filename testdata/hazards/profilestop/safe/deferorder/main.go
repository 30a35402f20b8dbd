// Deferorder leaves its exit code to a deferred call; deferred calls run last
// registered first.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func main() {
	dir := observe.Begin(observe.Profile)
	code := 0
	defer func() { os.Exit(code) }()
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	observe.Burn(50 * time.Millisecond)
	if len(os.Args) > 1 {
		code = 1
	}
}
