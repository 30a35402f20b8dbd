// Supervisor runs three actors: one reloads the settings on SIGHUP, one works
// with them through an atomic pointer, one ends the group.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/supervisor/supervise"
)

func main() {
	var settings atomic.Pointer[probe.Config]
	settings.Store(probe.Load())
	var group supervise.Group
	quit := make(chan struct{})
	stop := func(error) {}

	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	group.Add(func() error {
		for {
			select {
			case <-hangups:
				settings.Store(probe.Load()) // safe: configswap/pointer
			case <-quit:
				return nil
			}
		}
	}, stop)

	answers := make(chan string)
	group.Add(func() error {
		for {
			c := settings.Load() // safe: configswap/pointer related
			name := c.Name
			time.Sleep(60 * time.Millisecond)
			answer := fmt.Sprintln(name, c.Limit)
			select {
			case answers <- answer:
			case <-quit:
				return nil
			}
		}
	}, stop)

	group.Add(func() error {
		<-answers
		time.Sleep(20 * time.Millisecond)
		probe.Backend()
		probe.Verdict(<-answers)
		close(quit)
		return nil
	}, stop)
	if err := group.Run(); err != nil {
		log.Fatal(err)
	}
}
