// Package upgrade replaces the process by the binary at its path.
package upgrade

import (
	"fmt"
	"os"
	"syscall"

	"hazards.test/profilestop/safe/helperpkg/profiling"
)

// Replace returns only when the new binary cannot be executed.
func Replace() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	profiling.Disable()
	return fmt.Errorf("upgrade to %s: %w", self, syscall.Exec(self, os.Args, os.Environ()))
}
