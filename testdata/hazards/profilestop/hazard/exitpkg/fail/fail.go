// Package fail ends the process with a message.
package fail

import (
	"fmt"
	"os"
)

// With never returns.
func With(err error) {
	fmt.Fprintln(os.Stderr, "exitpkg:", err)
	os.Exit(3)
}
