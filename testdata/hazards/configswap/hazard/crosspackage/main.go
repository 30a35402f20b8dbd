// Crosspackage serves from a routing table of another package, which takes its
// lock to replace the routes, but not to find one.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/configswap/hazard/crosspackage/routes"
	"hazards.test/configswap/internal/probe"
)

type frontend struct{ table *routes.Table }

func (f *frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := f.table.Find(r.URL.Path).Name
	probe.Backend()
	fmt.Fprintln(w, name, f.table.Find(r.URL.Path).Limit)
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
