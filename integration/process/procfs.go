//go:build linux

package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// stat is what is used of /proc/PID/stat, see proc(5).
type stat struct {
	state   byte
	session int
}

// pids returns the ids of all processes that can be seen.
func pids() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name, in parentheses, may hold spaces and parentheses itself.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 4 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	session, err := strconv.Atoi(fields[3])
	return stat{state: fields[0][0], session: session}, err
}

// hasEnv reports whether the process was started with the variable entry.
func hasEnv(pid int, entry string) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append(data, 0), []byte(entry+"\x00"))
}

// An OpenFile is a regular file that a process has open.
type OpenFile struct {
	Path     string
	Offset   int64 // of the descriptor
	Writable bool
}

// OpenFiles returns the regular files that the process pid has open, without those
// that are deleted.
func OpenFiles(pid int) ([]OpenFile, error) {
	var files []OpenFile
	err := eachFD(pid, func(fd int, target string) error {
		info, err := os.Stat(target)
		if err != nil || !info.Mode().IsRegular() {
			return nil // a socket, a pipe, a device, or deleted
		}
		offset, flags, err := readFDInfo(pid, fd)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // closed meanwhile
		}
		access := flags & syscall.O_ACCMODE
		files = append(files, OpenFile{
			Path:     target,
			Offset:   offset,
			Writable: access == syscall.O_WRONLY || access == syscall.O_RDWR,
		})
		return err
	})
	return files, err
}

// eachFD calls f for every descriptor of pid with what its link says.
func eachFD(pid int, f func(fd int, target string) error) error {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return fmt.Errorf("%s: unexpected name %q", folder, e.Name())
		}
		target, err := os.Readlink(folder + "/" + e.Name())
		if err != nil {
			continue // closed meanwhile
		}
		if err := f(fd, target); err != nil {
			return err
		}
	}
	return nil
}

// readFDInfo returns the offset and the open(2) flags of a descriptor.
func readFDInfo(pid, fd int) (offset int64, flags int, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, fd))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "pos":
			offset, err = strconv.ParseInt(value, 10, 64)
		case "flags":
			var n int64
			n, err = strconv.ParseInt(value, 8, 64)
			flags = int(n)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("/proc/%d/fdinfo/%d: %s: %w", pid, fd, key, err)
		}
	}
	return offset, flags, nil
}
