// Check has the helper that so many programs have: it ends the process unless
// the error is nil.
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

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "check:", err)
	os.Exit(1)
}

func index(path string) error {
	observe.Burn(50 * time.Millisecond)
	if _, err := os.Stat(filepath.Join(path, "missing")); err != nil {
		return errors.Join(errors.New("index"), err)
	}
	return nil
}

func main() {
	dir := observe.Begin(observe.Profile)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	check(err)
	check(pprof.StartCPUProfile(f))
	defer f.Close()
	defer pprof.StopCPUProfile()
	err = index(dir)
	pprof.StopCPUProfile()
	check(err)
}
