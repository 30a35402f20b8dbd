// Ticker rereads its settings at intervals on the goroutine that uses them:
// requests come to it through a channel, and it polls the feed whose observer
// reads them.
package main

import (
	"fmt"
	"net/http"
	"time"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/ticker/feed"
)

type poller struct {
	current *probe.Config
	asked   chan chan *probe.Config
	feed    *feed.Feed
}

// newPoller returns a poller that observes its feed.
func newPoller() *poller {
	p := &poller{current: probe.Load(), asked: make(chan chan *probe.Config), feed: new(feed.Feed)}
	p.feed.Subscribe(p.notice)
	return p
}

func (p *poller) notice(n int) {
	if n > 1000*p.current.Limit {
		fmt.Println("more than a thousand polls at limit", p.current.Limit)
	}
}

func (p *poller) run() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.current = probe.Load()
			p.feed.Poll()
		case reply := <-p.asked:
			reply <- p.current // safe: configswap/pointer related
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
	p := newPoller()
	go p.run()
	probe.Trigger(func() {})
	probe.Run(p)
}
