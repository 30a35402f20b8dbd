// Supervisor runs three actors: one reloads the settings on SIGHUP, one works
// with them, one ends the group.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/configswap/hazard/supervisor/supervise"
	"hazards.test/configswap/internal/probe"
)

func main() {
	settings := probe.Load()
	var group supervise.Group
	quit := make(chan struct{})
	stop := func(error) {}

	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	group.Add(func() error {
		for {
			select {
			case <-hangups:
				settings = probe.Load() // want `state is replaced on reload`
			case <-quit:
				return nil
			}
		}
	}, stop)

	answers := make(chan string)
	group.Add(func() error {
		for {
			name := settings.Name
			time.Sleep(60 * time.Millisecond)
			answer := fmt.Sprintln(name, settings.Limit)
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
