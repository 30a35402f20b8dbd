//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// ownGroup makes cmd the leader of a process group that is interrupted as a
// whole when the command's context ends.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}
