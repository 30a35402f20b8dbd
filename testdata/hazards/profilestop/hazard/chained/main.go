// Chained profiles with `defer profiling.Start(...).Stop()`.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/profilestop/hazard/chained/profiling"
	"hazards.test/profilestop/internal/observe"
)

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	defer profiling.Start(profiling.CPU, profiling.Dir(dir)).Stop() // want `cpu profile is lost and its timer`

	upgrade := make(chan os.Signal, 1)
	signal.Notify(upgrade, syscall.SIGUSR2)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-upgrade
	log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
}
