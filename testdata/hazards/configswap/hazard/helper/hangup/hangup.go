// Package hangup lets the parts of a service reload what they are responsible
// for.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

// Do calls action at each hangup signal, in a goroutine.
func Do(action func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	go func() {
		for range c {
			action()
		}
	}()
}
