// Package fail ends the process with a message.
package fail

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// With never returns.
func With(err error) {
	fmt.Fprintln(os.Stderr, "exitpkg:", err)
	pprof.StopCPUProfile()
	os.Exit(3)
}
