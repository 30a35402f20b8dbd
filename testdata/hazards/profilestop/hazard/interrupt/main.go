// Interrupt ends in good order on SIGINT; SIGTERM, which supervisors send, kills
// it.
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
	dir := observe.Begin(observe.Profile, syscall.SIGTERM)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt) // want `profile is stopped on SIGINT but lost on SIGTERM`
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-stop
	log.Print("ends")
}
