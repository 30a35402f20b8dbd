// Helper reloads its settings by a helper of another package, which waits for
// the signal.
package main

import (
	"fmt"
	"net/http"

	"hazards.test/configswap/internal/probe"
	"hazards.test/configswap/safe/helper/settings"
)

func main() {
	s := settings.Open()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		cfg := s.Current()
		probe.Backend()
		fmt.Fprintln(w, cfg.Name, cfg.Limit)
	})
	probe.Run(http.DefaultServeMux)
}
