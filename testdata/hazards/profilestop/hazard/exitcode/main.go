// Exitcode ends with the number of failed checks as its exit code.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type check struct {
	name string
	run  func() bool
}

func main() {
	dir := observe.Begin(observe.Profile)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "exitcode:", err)
		os.Exit(2)
	}
	err = pprof.StartCPUProfile(f) // want `cpu profile is lost when the process exits without a stop`
	if err != nil {
		fmt.Fprintln(os.Stderr, "exitcode:", err)
		os.Exit(2)
	}
	defer pprof.StopCPUProfile()

	failed := 0
	for _, c := range []check{
		{"fast", func() bool { return true }},
		{"slow", func() bool { observe.Burn(50 * time.Millisecond); return false }},
	} {
		if !c.run() {
			fmt.Fprintln(os.Stderr, "failed:", c.name)
			failed++
		}
	}
	os.Exit(failed)
}
