//go:build linux

package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// An Info is what the kernel says of a process in /proc/PID/stat (proc(5)).
type Info struct {
	PID     int
	Name    string // of the file that was executed, at most 15 bytes
	State   byte   // R, S, D, Z, T, ...
	Parent  int    // process id
	session int
	start   uint64 // in clock ticks since boot: with PID, it names a process for good
}

// Ended reports whether the process has ended: its parent has not taken note of
// that when it is a zombie.
func (i Info) Ended() bool { return i.State == 'Z' || i.State == 'X' }

// Children returns the processes whose parent is pid, ended ones among them. A
// child whose own parent has ended belongs to init, or to the guard of the run.
func Children(pid int) ([]Info, error) {
	all, err := snapshot()
	var list []Info
	for _, info := range all {
		if info.Parent == pid {
			list = append(list, info)
		}
	}
	return list, err
}

// Descendants returns the children of pid, theirs, and so on.
func Descendants(pid int) ([]Info, error) {
	all, err := snapshot()
	return below(all, pid), err
}

// Zombies returns the ended processes for which pid, or a descendant of it, has
// not waited.
func Zombies(pid int) ([]Info, error) {
	all, err := Descendants(pid)
	var list []Info
	for _, info := range all {
		if info.State == 'Z' {
			list = append(list, info)
		}
	}
	return list, err
}

// below returns the processes of all that descend from top, parents before their
// children.
func below(all []Info, top int) []Info {
	children := make(map[int][]Info)
	for _, info := range all {
		children[info.Parent] = append(children[info.Parent], info)
	}
	var list []Info
	seen := map[int]bool{top: true}
	for next := []int{top}; len(next) > 0; next = next[1:] {
		for _, info := range children[next[0]] {
			// The list is not of one moment: reused ids can make a circle.
			if !seen[info.PID] {
				seen[info.PID] = true
				list = append(list, info)
				next = append(next, info.PID)
			}
		}
	}
	return list
}

// snapshot returns all processes that can be seen.
func snapshot() ([]Info, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var list []Info
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if info, err := readInfo(pid); err == nil {
			list = append(list, info)
		}
	}
	return list, nil
}

func readInfo(pid int) (Info, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Info{}, err
	}
	return parseStat(data)
}

// parseStat reads "PID (NAME) STATE PARENT GROUP SESSION ... START ...", the start
// being the 22nd field. The name may hold spaces and parentheses itself.
func parseStat(data []byte) (Info, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return Info{}, fmt.Errorf("stat: no name in %.80q", data)
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 20 || len(fields[0]) != 1 {
		return Info{}, fmt.Errorf("stat: %d fields behind the name in %.80q", len(fields), data)
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return Info{}, fmt.Errorf("stat: %w", err)
	}
	info := Info{start: start, Name: string(data[open+1 : end]), State: fields[0][0]}
	for _, number := range []struct {
		text string
		to   *int
	}{{strings.TrimSpace(string(data[:open])), &info.PID}, {fields[1], &info.Parent}, {fields[3], &info.session}} {
		n, err := strconv.Atoi(number.text)
		if err != nil {
			return Info{}, fmt.Errorf("stat: %w", err)
		}
		*number.to = n
	}
	return info, nil
}

// Ended reports whether the process pid has ended: whether it is gone, or a zombie.
func Ended(pid int) bool {
	info, err := readInfo(pid)
	return err != nil || info.Ended()
}
