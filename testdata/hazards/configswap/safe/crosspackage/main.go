// Crosspackage serves from a routing table of another package, which always
// takes its lock.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/crosspackage/routes"
)

type frontend struct{ table *routes.Table }

func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := f.table.Find(r.URL.Path)
	name := c.Name
	probe.Backend()
	fmt.Fprintln(w, name, c.Limit)
}

func main() {
	f := &frontend{table: new(routes.Table)}
	f.table.Replace(probe.Load())
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			f.table.Replace(probe.Load())
		}
	}()
	probe.Run(f)
}
