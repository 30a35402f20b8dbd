// Ticker rereads its settings at intervals while requests use them.
package main

import (
	"fmt"
	"net/http"
	"time"

	"hazards.test/configswap/internal/probe"
)

type poller struct {
	current *probe.Config
}

func (p *poller) run() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C {
		p.current = probe.Load() // want `state is replaced on reload`
	}
}

func (p *poller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := p.current.Name
	probe.Backend()
	fmt.Fprintln(w, name, p.current.Limit)
}

func main() {
	p := &poller{current: probe.Load()}
	go p.run()
	probe.Trigger(func() {})
	probe.Run(p)
}
