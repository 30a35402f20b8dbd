//go:build unix

package build

import (
	"os/exec"
	"syscall"
	"time"
)

// endGently makes a cancelled cmd end by an interrupt to its process group, and
// by force five seconds later.
func endGently(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 5 * time.Second
}
