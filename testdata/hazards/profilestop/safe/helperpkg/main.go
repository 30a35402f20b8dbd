// Helperpkg starts its profile in one package and executes its new binary in
// another; only main sees both.
package main

import (
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/helperpkg/profiling"
	"hazards.test/profilestop/safe/helperpkg/upgrade"
)

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	if err := profiling.Enable(filepath.Join(dir, "cpu.pprof")); err != nil {
		log.Fatal(err)
	}
	defer profiling.Disable()

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-signals
	if err := upgrade.Replace(); err != nil {
		log.Print(err)
	}
}
