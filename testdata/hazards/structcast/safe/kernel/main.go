//go:build linux

// A watcher reads what the kernel writes: its layouts do not change with builds.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// event is the kernel's inotify_event.
type event struct {
	Wd                int32
	Mask, Cookie, Len uint32
}

type winsize struct {
	Rows, Cols, X, Y uint16
}

func watch(dir string) (*event, error) {
	fd, err := syscall.InotifyInit()
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "inotify")
	defer f.Close()
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_CREATE); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	if _, err := f.Read(buf); err != nil {
		return nil, err
	}
	return (*event)(unsafe.Pointer(&buf[0])), nil
}

func direntries(dir string) (int, error) {
	fd, err := syscall.Open(dir, syscall.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(fd)
	buf := make([]byte, 4096)
	n, err := syscall.ReadDirent(fd, buf)
	count := 0
	for off := 0; off < n; count++ {
		off += int((*syscall.Dirent)(unsafe.Pointer(&buf[off])).Reclen)
	}
	return count, err
}

func terminal() winsize {
	var w winsize
	syscall.Syscall(syscall.SYS_IOCTL, os.Stdout.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&w)))
	return w
}

func main() {
	dir, err := os.MkdirTemp("", "watch")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	e, err := watch(dir)
	if err != nil {
		log.Print(err)
		return
	}
	n, err := direntries(dir)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("kept: event of %d bytes, %d entries, %d columns\n", e.Len, n, terminal().Cols)
}
