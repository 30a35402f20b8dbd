// Upgradeloop answers SIGUSR2 by executing its new binary in place, after it has
// ended the CPU profile of the process.
package main

import (
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)

	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	observe.Ready("")
	work := time.NewTicker(5 * time.Millisecond)
	for {
		select {
		case <-work.C:
			observe.Burn(2 * time.Millisecond)
		case sig := <-signals:
			if sig == syscall.SIGTERM {
				return
			}
			pprof.StopCPUProfile()
			log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
		}
	}
}
