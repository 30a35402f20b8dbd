//go:build linux

// Package hotvetprobe is added by hotvet confirm, through an overlay, to the
// program it runs. It tells hotvet that an image has started, in which state the
// image was handed over, and which sites were executed.
//
// It uses nothing but system calls: a package such as net would change the program,
// for instance by linking libc into it. Without a hotvet that listens it does nothing.
package hotvetprobe

import (
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// socketName is found in the folder above that of the binary.
const socketName = "probe.sock"

// patience is how long, in seconds, an image waits for hotvet before it starts.
const patience = 30

// MaxSites is how many sites are counted.
const MaxSites = 1024

var (
	conn = -1 // the connection to hotvet, closed by the kernel at exec
	seen [MaxSites]atomic.Bool
)

// init runs before main and holds the image there until hotvet has looked at what
// the image before left.
func init() {
	exe := make([]byte, 4096)
	n, err := syscall.Readlink("/proc/self/exe", exe)
	if err != nil {
		return
	}
	parts := strings.Split(strings.TrimSuffix(string(exe[:n]), " (deleted)"), "/")
	if len(parts) < 3 {
		return
	}
	path := strings.Join(parts[:len(parts)-2], "/") + "/" + socketName
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	wait := syscall.Timeval{Sec: patience}
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		_ = syscall.Close(fd)
		return
	}
	conn = aside(fd)
	say("hello " + strconv.Itoa(syscall.Getpid()) + " " + timer())
	if !receive() {
		return
	}
	wait = syscall.Timeval{}
	_ = syscall.SetsockoptTimeval(conn, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	go func() {
		for receive() {
			say("timer " + timer())
		}
	}()
}

// aside moves a descriptor to a high number, so that those of the program are the
// same as without the probe.
func aside(fd int) int {
	const lowest = 900 // below the usual soft limit of 1024
	high, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, lowest)
	if errno != 0 {
		return fd
	}
	_ = syscall.Close(fd)
	return int(high)
}

// Hit says that a site is about to be executed, the first time that it is.
func Hit(site int) {
	if conn >= 0 && !seen[site].Swap(true) {
		say("hit " + strconv.Itoa(site))
	}
}

// Writer returns w, and says which file stands behind it, if one does.
func Writer[W any](site int, w W) W {
	if conn >= 0 {
		if name := fileName(w); name != "" {
			say("writer " + strconv.Itoa(site) + " " + strconv.Quote(name))
		}
	}
	return w
}

// fileName returns the path of a writer's file. It does not call Fd, which would
// make the file blocking.
func fileName(w any) (name string) {
	// A writer may be a nil pointer, which is the program's affair.
	defer func() { _ = recover() }()
	file, ok := w.(interface {
		SyscallConn() (syscall.RawConn, error)
	})
	if !ok {
		return ""
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return ""
	}
	_ = raw.Control(func(fd uintptr) {
		path := make([]byte, 4096)
		if n, err := syscall.Readlink("/proc/self/fd/"+strconv.Itoa(int(fd)), path); err == nil {
			name = string(path[:n])
		}
	})
	return name
}

// say writes one line. Lines of several goroutines do not mix: each is one write.
func say(line string) {
	for data := []byte(line + "\n"); len(data) > 0; {
		n, err := syscall.Write(conn, data)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		data = data[n:]
	}
}

// receive waits for one byte, which is a request. It reports false when hotvet is
// gone.
func receive() bool {
	var request [1]byte
	for {
		n, err := syscall.Read(conn, request[:])
		if err == syscall.EINTR {
			continue
		}
		return err == nil && n == 1
	}
}

// timer returns the interval and the time left of ITIMER_PROF, in microseconds;
// both are 0 when it is not armed. The timer survives execve(2).
func timer() string {
	const itimerProf = 2
	var it struct{ interval, value syscall.Timeval }
	_, _, errno := syscall.RawSyscall(syscall.SYS_GETITIMER, itimerProf, uintptr(unsafe.Pointer(&it)), 0)
	if errno != 0 {
		return "-1 -1"
	}
	return micros(it.interval) + " " + micros(it.value)
}

func micros(t syscall.Timeval) string {
	return strconv.FormatInt(int64(t.Sec)*1_000_000+int64(t.Usec), 10)
}
