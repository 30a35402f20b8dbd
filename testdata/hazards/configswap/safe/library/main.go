// Library runs an exporter whose collector is applied on one goroutine and
// stopped on another, under the exporter's lock.
package main

import (
	"fmt"
	"time"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/library/exporter"
)

func open() func() string {
	c := probe.Load()
	return func() string { return fmt.Sprint(c.Name, " ", c.Limit) }
}

func main() {
	m := exporter.New()
	m.Apply(open)
	ended := make(chan struct{})
	go func() {
		m.Run()
		close(ended)
	}()
	opening := make(chan struct{})
	applied := make(chan string)
	go func() {
		m.Apply(func() func() string {
			close(opening)
			time.Sleep(100 * time.Millisecond)
			return open()
		})
		applied <- "b 2"
	}()
	<-opening
	closed := m.Stop()
	live := <-applied
	<-ended
	if closed != live {
		fmt.Println("lost: closed collector", closed, "but left open", live)
		return
	}
	fmt.Println("kept: closed collector", closed)
}
