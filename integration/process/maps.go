//go:build linux

package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Mapping is a file that a process has mapped, in all its parts together.
type Mapping struct {
	Path       string // absolute, as when the file was last named
	Device     uint64
	Inode      uint64
	Executable bool // a part is mapped as code: the program, a library, a plugin
	Deleted    bool // the file has no name any more, or was replaced
	Replaced   bool // another file has its name now
}

// Mappings returns the files that the process pid has mapped. Memory that only
// looks like a file, as shared or memfd_create(2) memory, is left out. A file whose
// bytes were overwritten in place is still the same file: nothing shows here.
func Mappings(pid int) ([]Mapping, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list, err := parseMaps(file)
	if err != nil {
		return nil, fmt.Errorf("/proc/%d/maps: %w", pid, err)
	}
	for i := range list {
		list[i].compare(func(path string) (device, inode uint64, exists bool) {
			var st syscall.Stat_t
			err := syscall.Stat(path, &st)
			return uint64(st.Dev), st.Ino, err == nil
		})
	}
	return list, nil
}

// deletedSuffix is what the kernel appends to the path of a file without a name
// (fs/d_path.c, d_path).
const deletedSuffix = " (deleted)"

// compare sees whether the file still has its name, which stat says who has. The
// inode numbers alone do not tell: on some file systems, as overlayfs and btrfs,
// maps and stat(2) differ for one file.
func (m *Mapping) compare(stat func(path string) (device, inode uint64, exists bool)) {
	path, marked := strings.CutSuffix(m.Path, deletedSuffix)
	if !marked {
		return
	}
	// The suffix can be a part of the name.
	if device, inode, exists := stat(m.Path); exists && device == m.Device && inode == m.Inode {
		return
	}
	m.Path, m.Deleted = path, true
	device, inode, exists := stat(path)
	m.Replaced = exists && (device != m.Device || inode != m.Inode)
}

// maxMapLine is longer than the longest path with all its bytes escaped, in bytes.
const maxMapLine = 4*4096 + 256

// parseMaps reads lines "ADDRESSES PERMISSIONS OFFSET DEVICE INODE PATH" (proc(5),
// /proc/PID/maps).
func parseMaps(r io.Reader) ([]Mapping, error) {
	type file struct {
		path          string
		device, inode uint64
	}
	index := make(map[file]int)
	var list []Mapping
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxMapLine)
	for lines.Scan() {
		m, err := parseMapping(lines.Text())
		if err != nil {
			return nil, err
		}
		if !isFile(m.Path) {
			continue
		}
		key := file{m.Path, m.Device, m.Inode}
		i, known := index[key]
		if !known {
			i = len(list)
			index[key] = i
			list = append(list, m)
		}
		list[i].Executable = list[i].Executable || m.Executable
	}
	return list, lines.Err()
}

func parseMapping(line string) (Mapping, error) {
	// The path, behind spaces that align it, may hold spaces itself.
	var fields [5]string
	rest := line
	for i := range fields {
		fields[i], rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
	}
	device, err := parseDevice(fields[3])
	inode, inodeErr := strconv.ParseUint(fields[4], 10, 64)
	if err := errors.Join(err, inodeErr); err != nil || len(fields[1]) != 4 {
		return Mapping{}, fmt.Errorf("unexpected line %.100q", line)
	}
	return Mapping{
		// The kernel escapes line ends alone (fs/proc/task_mmu.c, show_map_vma).
		Path:       strings.ReplaceAll(strings.TrimLeft(rest, " "), `\012`, "\n"),
		Device:     device,
		Inode:      inode,
		Executable: fields[1][2] == 'x',
	}, nil
}

// parseDevice reads "MAJOR:MINOR", in hexadecimal.
func parseDevice(text string) (uint64, error) {
	major, minor, _ := strings.Cut(text, ":")
	hi, err := strconv.ParseUint(major, 16, 32)
	lo, loErr := strconv.ParseUint(minor, 16, 32)
	return unix.Mkdev(uint32(hi), uint32(lo)), errors.Join(err, loErr)
}

// isFile reports whether the path of a mapping is that of a file. The kernel makes
// up names for shared memory, which look deleted (mm/shmem.c, mm/memfd.c, ipc/shm.c).
func isFile(path string) bool {
	if !strings.HasPrefix(path, "/") || path == "/dev/zero"+deletedSuffix {
		return false
	}
	return !strings.HasPrefix(path, "/memfd:") && !strings.HasPrefix(path, "/SYSV")
}
