//go:build !unix

package cli

import "os/exec"

// ownGroup does nothing where there are no process groups: the go command alone
// is killed.
func ownGroup(*exec.Cmd) {}

// endGroup does nothing, for the same reason.
func endGroup(*exec.Cmd) {}
