// Snapshot runs a worker that takes the settings once, before its loop, and
// keeps them over a reload.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"hazards.test/configswap/internal/probe"
)

var settings atomic.Pointer[probe.Config]

func worker(sent chan<- string) {
	c := settings.Load() // want `copy taken before an endless loop never sees the reload`
	for {

		sent <- c.Name
		time.Sleep(20 * time.Millisecond)
	}
}

func main() {
	first := probe.Load()
	settings.Store(first)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			settings.Store(probe.Load())
		}
	}()
	sent := make(chan string)
	go worker(sent)
	<-sent
	probe.Backend()
	<-sent
	if name := <-sent; name == settings.Load().Name {
		fmt.Println("kept: the worker uses", name)
	} else {
		fmt.Println("lost: the worker still uses", name)
	}
}
