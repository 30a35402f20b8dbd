//go:build linux && go1.24

package hotvetprobe

import (
	"strconv"
	"syscall"
)

// Writer returns w, and says which file stands behind it, if one does.
func Writer[W any](site int, w W) W {
	if conn >= 0 {
		if name := fileName(w); name != "" {
			say("writer " + strconv.Itoa(site) + " " + strconv.Quote(name))
		}
	}
	return w
}

// Started returns err, and counts that what was started at the site has begun.
func Started(site int, err error) error {
	if err == nil {
		count(site, Entered)
	}
	return err
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

// Rate returns the state of the profiling timer, for [Rated].
func Rate() string { return timer() }

// Rated says how the timer was before the rate was set, and how it is now.
func Rated(site int, before string) {
	count(site, Hits)
	say("rate " + strconv.Itoa(site) + " " + before + " " + timer())
}
