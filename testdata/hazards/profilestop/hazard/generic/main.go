// Generic tries an execution in place several times by a generic helper.
package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

// retry calls f until it succeeds, at most n times.
func retry[T any](n int, f func() (T, error)) (T, error) {
	var result T
	var err error
	for range n {
		if result, err = f(); err == nil {
			return result, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return result, err
}

// slot holds a value; the profile's file is one.
type slot[T any] struct{ value T }

func (s *slot[T]) set(v T) { s.value = v }

// begin starts the profile and keeps its file.
func begin(dir string, keep *slot[*os.File]) error {
	f, err := retry(3, func() (*os.File, error) { return os.Create(filepath.Join(dir, "cpu.pprof")) })
	if err != nil {
		return err
	}
	keep.set(f)
	return pprof.StartCPUProfile(f) // want `cpu profile is lost and its timer`
}

func main() {
	dir := observe.Begin(observe.Profile)
	var file slot[*os.File]
	if err := begin(dir, &file); err != nil {
		log.Fatal(err)
	}
	defer file.value.Close()
	defer pprof.StopCPUProfile()
	observe.Burn(50 * time.Millisecond)
	if _, err := retry(3, func() (struct{}, error) {
		return struct{}{}, syscall.Exec(os.Args[0], os.Args, os.Environ())
	}); err != nil {
		log.Print(err)
	}
}
