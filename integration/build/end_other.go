//go:build !unix

package build

import (
	"os/exec"
	"time"
)

// endGently gives a cancelled cmd's children five seconds to let go of its output.
func endGently(cmd *exec.Cmd) { cmd.WaitDelay = 5 * time.Second }
