package confirm

import (
	"fmt"
	"slices"

	"github.com/hotvet/hotvet/integration/process"
)

// A snapshot is what the kernel knows of a process at one moment.
type snapshot struct {
	fds     []process.FD
	signals process.Dispositions
}

// snap looks at a process; what cannot be read is left out.
func snap(pid int) (s snapshot, err error) {
	if s.fds, err = process.FDs(pid); err != nil {
		return s, err
	}
	s.signals, err = process.Signals(pid)
	return s, err
}

// surroundings compares the process that serves now with a look at the one before.
func surroundings(before snapshot, pid int) (s Surroundings) {
	now, err := snap(pid)
	if err != nil {
		return s
	}
	s.Before, s.After = len(before.fds), len(now.fds)
	count := func(list []process.FD, inode uint64) (n int, nonblocking bool) {
		nonblocking = true
		for _, f := range list {
			if f.Inode == inode {
				n++
				nonblocking = nonblocking && f.Nonblocking()
			}
		}
		return n, nonblocking
	}
	seen := make(map[uint64]bool)
	for _, f := range now.fds {
		if f.Kind != process.KindSocket || seen[f.Inode] {
			continue
		}
		seen[f.Inode] = true
		was, wasNonblocking := count(before.fds, f.Inode)
		is, isNonblocking := count(now.fds, f.Inode)
		if was > 0 && is > was {
			s.Twice = append(s.Twice, fmt.Sprintf("%s %d times", f.Target, is))
		}
		if was > 0 && wasNonblocking && !isNonblocking {
			s.Blocking = append(s.Blocking, f.Target)
		}
	}
	for _, name := range now.signals.Ignored.Names() {
		if !slices.Contains(before.signals.Ignored.Names(), name) {
			s.Ignored = append(s.Ignored, name)
		}
	}
	if zombies, err := process.Zombies(pid); err == nil {
		for _, z := range zombies {
			s.Zombies = append(s.Zombies, fmt.Sprintf("%s (%d)", z.Name, z.PID))
		}
	}
	if maps, err := process.Mappings(pid); err == nil {
		for _, m := range maps {
			if m.Executable && (m.Deleted || m.Replaced) {
				s.Deleted = append(s.Deleted, m.Path)
			}
		}
	}
	if addresses, err := process.Listeners(pid); err == nil {
		for _, a := range addresses {
			if file, err := process.SocketFileOf(pid, a); err == nil && !file.Exists {
				s.Nameless = append(s.Nameless, a.Addr)
			}
		}
	}
	s.Known = true
	return s
}
