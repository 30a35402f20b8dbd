// Chained profiles with `defer profiling.Start(...).Stop()`.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/chained/profiling"
)

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	session := profiling.Start(profiling.CPU, profiling.Dir(dir)) // safe: profilestop/exec
	defer session.Stop()

	upgrade := make(chan os.Signal, 1)
	signal.Notify(upgrade, syscall.SIGUSR2)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-upgrade
	session.Stop()
	log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
}
