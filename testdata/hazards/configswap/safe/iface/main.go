// Iface keeps the source of its settings in an interface variable, behind an
// atomic pointer.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"hazards.test/configswap/internal/probe"
)

type source interface {
	name() string
	limit() int
}

type fileSource struct{ *probe.Config }

func (f fileSource) name() string { return f.Name }
func (f fileSource) limit() int   { return f.Limit }

var lookup atomic.Pointer[source]

func open() source { return fileSource{probe.Load()} }

func answer(w http.ResponseWriter, r *http.Request) {
	current := *lookup.Load() // safe: configswap/multiword related
	name := current.name()
	probe.Backend()
	fmt.Fprintln(w, name, current.limit())
}

func main() {
	first := open()
	lookup.Store(&first)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP, syscall.SIGTERM)
	go func() {
		for {
			switch <-hangups {
			case syscall.SIGTERM:
				os.Exit(0)
			default:
				next := open()
				lookup.Store(&next) // safe: configswap/multiword
			}
		}
	}()
	http.HandleFunc("/answer", answer)
	probe.Verdict(probe.Get(probe.Serve(http.DefaultServeMux) + "/answer"))
}
