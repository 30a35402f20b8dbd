//go:build linux

package process

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"
)

// envRun marks a process and, by inheritance, its descendants. Its value is the
// mark of the run, and behind a dot the number of the program.
const envRun = "HOTVET_RUN"

// sweepLimit is how long processes are killed again and again. SIGKILL takes that
// long only when the kernel waits for a device.
const sweepLimit = 5 * time.Second

// sweep kills what list returns until it returns nothing: a process may fork while
// the list is made. It waits for all that it killed, also for what is not found any
// more, since a dying process loses its environment before it has ended.
func sweep(list func() ([]int, error)) error {
	deadline := time.Now().Add(sweepLimit)
	killed := make(map[int]uint64) // process id to start
	for {
		left, err := list()
		if err != nil {
			return err
		}
		for _, pid := range left {
			if info, err := readInfo(pid); err == nil {
				killed[pid] = info.start
			}
			syscall.Kill(pid, syscall.SIGKILL)
		}
		dying := stillDying(killed)
		if len(left) == 0 && len(dying) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of the run do not end", dying)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// stillDying returns the processes that have not ended yet.
func stillDying(killed map[int]uint64) []int {
	var list []int
	for pid, start := range killed {
		if info, err := readInfo(pid); err == nil && info.start == start && !info.Ended() {
			list = append(list, pid)
		}
	}
	slices.Sort(list)
	return list
}

// A scope says which processes belong to what is ended.
type scope struct {
	guard    int          // whole and sessions hold below this process, for 0 everywhere
	whole    bool         // all of them
	sessions map[int]bool // those of these sessions
	top      int          // and the descendants of this process
	entry    string       // and who has an entry in its environment that begins so
}

// members returns the running processes in the scope, this one excepted.
func (s scope) members() ([]int, error) {
	all, err := snapshot()
	if err != nil {
		return nil, err
	}
	candidates := all
	if s.guard != 0 {
		candidates = below(all, s.guard)
	}
	inside := make(map[int]bool)
	for _, info := range candidates {
		inside[info.PID] = s.whole || s.sessions[info.session]
	}
	if s.top != 0 {
		for _, info := range below(all, s.top) {
			inside[info.PID] = true
		}
	}
	var found []int
	for _, info := range all {
		if info.PID == os.Getpid() || info.Ended() {
			continue
		}
		if inside[info.PID] || hasEnv(info.PID, s.entry) {
			found = append(found, info.PID)
		}
	}
	return found, nil
}

// hasEnv reports whether the process was started with a variable that begins like
// entry, which is NAME=VALUE.
func hasEnv(pid int, entry string) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append([]byte{0}, data...), []byte("\x00"+entry))
}
