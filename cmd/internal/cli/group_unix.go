//go:build unix

package cli

import (
	"os/exec"
	"syscall"
	"time"
)

// ownGroup makes cmd the leader of a process group that is interrupted as a
// whole when the command's context ends. On an interrupt the go command removes its
// temporary folder, on any other signal it does not (cmd/go/internal/base/signal_unix.go).
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		// Who ignores interrupts may hold the output open, which is read to its end.
		time.AfterFunc(grace, func() { endGroup(cmd) })
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
}

// grace is how long an interrupted group has to end by itself.
const grace = 2 * time.Second

// endGroup ends what is left of the group of a command that was interrupted: who
// ignores interrupts.
func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
