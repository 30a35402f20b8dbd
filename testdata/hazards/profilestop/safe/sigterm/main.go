// Sigterm ends from its signal handler, while main still works.
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

func awaitSignal(c <-chan os.Signal) {
	sig := <-c
	log.Print("ends on ", sig)
	shutdown()
}

func shutdown() {
	pprof.StopCPUProfile()
	os.Exit(0)
}

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

	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, os.Interrupt)
	go awaitSignal(c)
	observe.Ready("")
	work := time.NewTicker(10 * time.Millisecond)
	for range 300 {
		<-work.C
		observe.Burn(5 * time.Millisecond)
	}
}
