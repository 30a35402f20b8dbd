//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak returns the resident memory of the largest of the process and the
// descendants it waited for; wait4 counts them in. On Linux it is never below
// what this program itself has had resident, because os/exec starts a child with
// vfork and execve books the memory it leaves behind.
func peak(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(used.Maxrss) // already bytes
	}
	return int64(used.Maxrss) * 1024
}
