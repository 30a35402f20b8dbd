//go:build linux && go1.24

// Package hotvetprobe is added by hotvet confirm, through an overlay, to the
// program it runs. It tells hotvet that an image has started, in which state the
// image was handed over, and what happened at the places of findings.
//
// It uses nothing but system calls: a package such as net would change the program,
// for instance by linking libc into it. Without a hotvet that listens it does nothing.
//
// The build constraint of each file raises its language version: the module of the
// user may be of an older one.
//
// Counters live in a file that is mapped and shared, one for each image: what an
// image counted is not lost when it is replaced or killed, and to count is neither
// I/O nor, for the race detector, synchronisation.
package hotvetprobe

import (
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Names in the folder above that of the binary.
const (
	socketName    = "probe.sock"
	countersName  = "counters"
	maximumImages = 1000 // of one process
)

// patience is how long, in seconds, an image waits for hotvet before it starts.
const patience = 30

// MaxSites is how many sites are counted.
const MaxSites = 1024

// What is counted of a site. The numbers are indexes into its counters.
const (
	Hits      = iota // times that the site was reached
	Entered          // calls of the function
	Left             // of these, calls that came to an end, by return or panic
	Working          // calls that came to the last statement of the function
	Worked           // of these, calls that came to an end
	Panicked         // calls that a panic ended
	Reloads          // reloads since the site was reached first
	Rounds           // of the loop behind the site, after a reload
	Again            // times that the site was reached after a reload
	Replacing        // replacements that began of the state that the site is about
	Holds            // goroutines that were held
	Mixed            // pairs of loads that differ, with a replacement between
	Kept             // pairs that are the same in spite of one
	Unsteady         // pairs that differ without one
	Overflows        // addresses that were not kept
	Stale            // rounds of the loop behind the site in which its copy was old
	Slots     = 16   // counters of one site
)

var (
	conn     = -1 // the connection to hotvet, closed by the kernel at exec
	counters *[MaxSites][Slots]uint64
	places   *addresses // nil without counters
)

// init runs before main and holds the image there until hotvet has looked at what
// the image before left.
func init() {
	folder := runFolder()
	if folder == "" {
		return
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	wait := syscall.Timeval{Sec: patience}
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: folder + "/" + socketName}); err != nil {
		_ = syscall.Close(fd)
		return
	}
	conn = aside(fd)
	image := mapCounters(folder)
	if updated {
		say("update")
	}
	say("hello " + strconv.Itoa(syscall.Getpid()) + " " + strconv.Itoa(image) + " " + timer())
	switch receive() {
	case 'g':
	case 'G':
		arm()
	default:
		return
	}
	wait = syscall.Timeval{}
	_ = syscall.SetsockoptTimeval(conn, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	go serve()
}

// runFolder returns the folder of the run, in which the folder of the binary is.
func runFolder() string {
	exe := make([]byte, 4096)
	n, err := syscall.Readlink("/proc/self/exe", exe)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(string(exe[:n]), " (deleted)"), "/")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "/")
}

// mapCounters makes the counters of this image and returns its number in the
// process, -1 when it cannot.
func mapCounters(folder string) int {
	const size = int(unsafe.Sizeof(*counters) + unsafe.Sizeof(*places))
	name := folder + "/" + countersName + "/" + strconv.Itoa(syscall.Getpid()) + "-"
	for image := range maximumImages {
		fd, err := syscall.Open(name+strconv.Itoa(image), syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL|syscall.O_CLOEXEC, 0o600)
		if err == syscall.EEXIST {
			continue
		}
		if err != nil {
			return -1
		}
		defer syscall.Close(fd)
		if syscall.Ftruncate(fd, int64(size)) != nil {
			return -1
		}
		data, err := syscall.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err != nil {
			return -1
		}
		places = (*addresses)(unsafe.Pointer(&data[unsafe.Sizeof(*counters)]))
		counters = (*[MaxSites][Slots]uint64)(unsafe.Pointer(&data[0]))
		return image
	}
	return -1
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

// count adds one to a counter and returns its new value, 0 without a hotvet.
func count(site, slot int) uint64 {
	if counters == nil || site < 0 || site >= MaxSites {
		return 0
	}
	return atomic.AddUint64(&counters[site][slot], 1)
}

// Main says that the initialisation of all packages has ended.
func Main() { say("main") }

// counted returns the value of a counter.
func counted(site, slot int) uint64 {
	if counters == nil || site < 0 || site >= MaxSites {
		return 0
	}
	return atomic.LoadUint64(&counters[site][slot])
}

// Hit counts that a site is about to be executed.
func Hit(site int) {
	count(site, Hits)
	if counted(site, Reloads) > 0 {
		count(site, Again)
	}
}

// Replace counts that the state that a site is about begins to be replaced. The
// site has to be reached before.
func Replace(site int) {
	if counted(site, Hits) > 0 {
		count(site, Replacing)
	}
}

// Reload counts that the state is replaced, if it was at the beginning of that
// that the site had been reached.
func Reload(site int) {
	if counted(site, Replacing) > counted(site, Reloads) {
		count(site, Reloads)
	}
}

// Round counts that the loop behind a site begins anew.
func Round(site int) {
	if counted(site, Reloads) > 0 {
		count(site, Rounds)
	}
}

// say writes one line. Lines of several goroutines do not mix: each is one write.
func say(line string) {
	if conn < 0 {
		return
	}
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

// serve answers what hotvet asks of the running image.
func serve() {
	for {
		switch receive() {
		case 't':
			say("timer " + timer())
		case 'h':
			arm()
		case 'c':
			go prepare(receive())
		case 's':
			stacks()
		case 'n':
			names()
		case 'r':
			release()
		default:
			release()
			return
		}
	}
}

// receive waits for one byte, which is a request. It returns 0 when hotvet is gone.
func receive() byte {
	var request [1]byte
	for {
		n, err := syscall.Read(conn, request[:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n != 1 {
			return 0
		}
		return request[0]
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
