// Optional profiles only when asked to, and stops under the same condition.
package main

import (
	"flag"
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
	cpuprofile := flag.String("cpuprofile", filepath.Join(dir, "cpu.pprof"), "write a CPU profile to `file`")
	flag.Parse()
	if *cpuprofile != "" {
		f, err := os.Create(*cpuprofile)
		if err != nil {
			log.Fatal("could not create CPU profile: ", err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal("could not start CPU profile: ", err)
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-signals
	if *cpuprofile != "" {
		pprof.StopCPUProfile()
	}
	if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err != nil {
		log.Fatal(err)
	}
}
