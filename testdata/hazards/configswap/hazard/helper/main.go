// Helper reloads its settings by a helper of another package, which waits for
// the signal.
package main

import (
	"fmt"
	"net/http"

	"hazards.test/configswap/hazard/helper/settings"
	"hazards.test/configswap/internal/probe"
)

func main() {
	s := settings.Open()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name := s.Name()
		probe.Backend()
		fmt.Fprintln(w, name, s.Limit())
	})
	probe.Run(http.DefaultServeMux)
}
