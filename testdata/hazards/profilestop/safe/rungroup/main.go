// Rungroup runs its parts under a supervisor of its own; one part profiles, and
// another replaces the process.
package main

import (
	"errors"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/rungroup/supervise"
)

var errEnd = errors.New("ends")

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	var g supervise.Group
	quit := make(chan struct{})
	g.Add(func() error {
		return profile(filepath.Join(dir, "cpu.pprof"), quit)
	}, func(error) {
		close(quit)
	})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	g.Add(func() error {
		time.Sleep(20 * time.Millisecond)
		observe.Ready("")
		if sig := <-signals; sig == syscall.SIGTERM {
			return errEnd
		}
		pprof.StopCPUProfile()
		return syscall.Exec(os.Args[0], os.Args, os.Environ())
	}, func(error) {
		signal.Stop(signals)
	})
	if err := g.Run(); err != nil && !errors.Is(err, errEnd) {
		log.Fatal(err)
	}
}

// profile profiles the process until quit.
func profile(path string, quit <-chan struct{}) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	observe.Burn(50 * time.Millisecond)
	<-quit
	return nil
}
