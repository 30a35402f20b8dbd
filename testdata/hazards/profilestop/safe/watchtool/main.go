// Watchtool is a tool that a person ends with ^C.
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

func run(dir string) int {
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Print(err)
		return 1
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Print(err)
		return 1
	}
	defer pprof.StopCPUProfile()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	observe.Ready("")
	poll := time.NewTicker(10 * time.Millisecond)
	for {
		select {
		case <-poll.C:
			observe.Burn(5 * time.Millisecond)
		case <-c:
			return 0
		}
	}
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGINT)
	os.Exit(run(dir))
}
