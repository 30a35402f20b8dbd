// Ticker rereads its settings at intervals on the goroutine that uses them:
// requests come to it through a channel.
package main

import (
	"fmt"
	"net/http"
	"time"

	"hazards.test/configswap/internal/probe"
)

type poller struct {
	current *probe.Config
	asked   chan chan *probe.Config
}

func (p *poller) run() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.current = probe.Load()
		case reply := <-p.asked:
			reply <- p.current
		}
	}
}

func (p *poller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := make(chan *probe.Config)
	p.asked <- reply
	c := <-reply
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, c.Limit)
}

func main() {
	p := &poller{current: probe.Load(), asked: make(chan chan *probe.Config)}
	go p.run()
	probe.Trigger(func() {})
	probe.Run(p)
}
