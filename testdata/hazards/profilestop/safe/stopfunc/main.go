// Stopfunc has a helper that returns the function which ends the profile it
// started.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

// startProfile returns the function that ends the profile; it is never nil.
func startProfile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return func() {}, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return func() {}, fmt.Errorf("profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGHUP)
	stop, err := startProfile(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	defer stop()

	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	for range hangup {
		stop()
		if err := restart(); err != nil {
			log.Print("restart: ", err)
		}
	}
}

func restart() error {
	return syscall.Exec(os.Args[0], os.Args, os.Environ())
}
