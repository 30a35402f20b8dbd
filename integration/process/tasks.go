//go:build linux

package process

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// NoSyscall is the number of a thread that is in no system call, or of which it
// cannot be read.
const NoSyscall = -1

// A Task is a thread of a process.
type Task struct {
	TID   int
	Name  string // at most 15 bytes
	State byte   // R runs, S sleeps, D waits for a device, ... (proc(5), /proc/PID/stat)
	// Wait is the function of the kernel in which the thread sleeps, empty when it
	// does not or when the kernel does not say (proc(5), /proc/PID/wchan).
	Wait string
	// Syscall is the number of the system call in which the thread sleeps, on the
	// architecture of the process, or NoSyscall (proc(5), /proc/PID/syscall).
	Syscall int
}

// Tasks returns the threads of the process pid, by id. A process whose threads all
// sleep in futex(2), and in nothing else, waits for itself.
func Tasks(pid int) ([]Task, error) {
	folder := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var list []Task
	for _, e := range entries {
		t, err := readTask(folder + "/" + e.Name())
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Task) int { return cmp.Compare(a.TID, b.TID) })
	return list, nil
}

func readTask(folder string) (Task, error) {
	data, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return Task{}, err
	}
	info, err := parseStat(data)
	if err != nil {
		return Task{}, fmt.Errorf("%s: %w", folder, err)
	}
	t := Task{TID: info.PID, Name: info.Name, State: info.State, Syscall: NoSyscall}
	// Both need the right to trace the process, or a kernel that has them.
	if data, err := os.ReadFile(folder + "/wchan"); err == nil {
		t.Wait = parseWait(string(data))
	}
	if data, err := os.ReadFile(folder + "/syscall"); err == nil {
		t.Syscall = parseSyscall(string(data))
	}
	return t, nil
}

// parseWait reads the name of a function, or 0 (fs/proc/base.c, proc_pid_wchan).
func parseWait(text string) string {
	text = strings.TrimSpace(text)
	if text == "0" {
		return ""
	}
	return text
}

// parseSyscall reads "running", "-1 SP PC", or "NUMBER ARGUMENTS SP PC"
// (fs/proc/base.c, proc_pid_syscall).
func parseSyscall(text string) int {
	fields := strings.Fields(text)
	if len(fields) != 9 {
		return NoSyscall
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 0 {
		return NoSyscall
	}
	return n
}
