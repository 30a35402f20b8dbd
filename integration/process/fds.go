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

// A Kind says what is behind a descriptor.
type Kind string

const (
	KindFile   Kind = "file"   // a regular file
	KindFolder Kind = "folder" // a directory
	KindDevice Kind = "device"
	KindSocket Kind = "socket"
	KindPipe   Kind = "pipe"
	KindAnon   Kind = "anon" // epoll, eventfd and the like: an object without a file
)

// An FD is an open descriptor of a process.
type FD struct {
	Num     int
	Target  string // absolute path, or like socket:[INODE] (proc(5), /proc/PID/fd)
	Kind    Kind
	Flags   int    // as of open(2), with O_CLOEXEC (proc(5), /proc/PID/fdinfo)
	Device  uint64 // of the inode
	Inode   uint64 // anonymous objects share one
	Offset  int64  // in bytes
	Deleted bool   // the file has no name any more
}

// Nonblocking reports whether O_NONBLOCK is set. Processes that share the open
// file share it.
func (f FD) Nonblocking() bool { return f.Flags&syscall.O_NONBLOCK != 0 }

// CloseOnExec reports whether an exec closes the descriptor.
func (f FD) CloseOnExec() bool { return f.Flags&syscall.O_CLOEXEC != 0 }

// Writable reports whether the descriptor is open for writing.
func (f FD) Writable() bool { return f.Flags&syscall.O_ACCMODE != syscall.O_RDONLY }

// FDs returns the open descriptors of the process pid, by number.
func FDs(pid int) ([]FD, error) {
	var list []FD
	err := eachFD(pid, func(num int, target string) error {
		f, err := readFD(pid, num, target)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // closed meanwhile
		}
		list = append(list, f)
		return err
	})
	slices.SortFunc(list, func(a, b FD) int { return cmp.Compare(a.Num, b.Num) })
	return list, err
}

func readFD(pid, num int, target string) (FD, error) {
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, num))
	if err != nil {
		return FD{}, err
	}
	// The link leads to the open file itself, also when its name is gone.
	var st syscall.Stat_t
	path := fmt.Sprintf("/proc/%d/fd/%d", pid, num)
	if err := syscall.Stat(path, &st); err != nil {
		return FD{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	f := FD{
		Num:    num,
		Target: target,
		Kind:   kindOf(target, st.Mode),
		Device: uint64(st.Dev),
		Inode:  st.Ino,
	}
	if strings.HasPrefix(target, "/") && st.Nlink == 0 {
		f.Deleted = true
		f.Target = strings.TrimSuffix(target, " (deleted)")
	}
	f.Offset, f.Flags, err = parseFDInfo(string(info))
	if err != nil {
		return FD{}, fmt.Errorf("/proc/%d/fdinfo/%d: %w", pid, num, err)
	}
	return f, nil
}

// kindOf tells the kind by the target, where it is none of a file system (fs/d_path.c,
// dynamic_dname), and else by the mode of the inode.
func kindOf(target string, mode uint32) Kind {
	switch {
	case strings.HasPrefix(target, "socket:["):
		return KindSocket
	case strings.HasPrefix(target, "pipe:["):
		return KindPipe
	case !strings.HasPrefix(target, "/"):
		return KindAnon
	}
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return KindFile
	case syscall.S_IFDIR:
		return KindFolder
	case syscall.S_IFIFO:
		return KindPipe
	case syscall.S_IFSOCK:
		return KindSocket
	case syscall.S_IFCHR, syscall.S_IFBLK:
		return KindDevice
	}
	return KindAnon
}

// parseFDInfo returns the offset and the flags, in octal, of a file in
// /proc/PID/fdinfo.
func parseFDInfo(text string) (offset int64, flags int, err error) {
	seen := 0
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "pos":
			seen |= 1
			offset, err = strconv.ParseInt(value, 10, 64)
		case "flags":
			seen |= 2
			var n uint64
			n, err = strconv.ParseUint(value, 8, 31)
			flags = int(n)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", key, err)
		}
	}
	if seen != 3 {
		return 0, 0, errors.New("pos or flags are missing")
	}
	return offset, flags, nil
}

// eachFD calls f for every descriptor of pid with what its link says.
func eachFD(pid int, f func(fd int, target string) error) error {
	return eachLink(fmt.Sprintf("/proc/%d/fd", pid), f)
}

func eachLink(folder string, f func(fd int, target string) error) error {
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
		if errors.Is(err, fs.ErrNotExist) {
			continue // closed meanwhile
		}
		if err != nil {
			return err // what cannot be seen is not nothing
		}
		if err := f(fd, target); err != nil {
			return err
		}
	}
	return nil
}

// An FDDiff is how the descriptors of a process differ between two moments.
type FDDiff struct {
	Gained, Lost []FD
	Changed      []FDChange
}

// An FDChange is a descriptor of the same open object with other flags.
type FDChange struct{ Before, After FD }

// DiffFDs compares descriptors by number and by what is behind them: a number that
// was closed and used again is both lost and gained. Offsets do not count, nor does
// a file's name, since a file may be renamed.
func DiffFDs(before, after []FD) FDDiff {
	old := make(map[int]FD)
	for _, f := range before {
		old[f.Num] = f
	}
	var d FDDiff
	for _, f := range after {
		was, open := old[f.Num]
		switch {
		case !open || !sameObject(was, f):
			d.Gained = append(d.Gained, f)
			continue
		case was.Flags != f.Flags:
			d.Changed = append(d.Changed, FDChange{was, f})
		}
		delete(old, f.Num)
	}
	for _, f := range before {
		if _, lost := old[f.Num]; lost {
			d.Lost = append(d.Lost, f)
		}
	}
	return d
}

// sameObject reports whether two descriptors of one number are of the same object,
// as far as can be told: one epoll or eventfd is like another.
func sameObject(a, b FD) bool {
	if a.Kind == KindAnon && a.Target != b.Target {
		return false
	}
	return a.Kind == b.Kind && a.Device == b.Device && a.Inode == b.Inode
}
