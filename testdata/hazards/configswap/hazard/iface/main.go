// Iface keeps the source of its settings in an interface variable, two words
// that a reload replaces one after the other.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
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

var lookup source

func open() source { return fileSource{probe.Load()} }

func answer(w http.ResponseWriter, r *http.Request) {
	current := lookup
	name := current.name()
	probe.Backend()
	fmt.Fprintln(w, name, lookup.limit())
}

func main() {
	lookup = open()

	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP, syscall.SIGTERM)
	go func() {
		for {
			switch <-hangups {
			case syscall.SIGTERM:
				os.Exit(0)
			default:
				next := open()
				lookup = next // want `can be read half written`
			}
		}
	}()
	http.HandleFunc("/answer", answer)
	probe.Verdict(probe.Get(probe.Serve(http.DefaultServeMux) + "/answer"))
}
