package healthz

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// profileOpen reports whether a timer of CPU profiles runs, and the number that
// tells one profile from the next: 0 for a timer that no thread of this image set.
func profileOpen() (open bool, id int64, err error) {
	timer, err := unix.Getitimer(unix.ITIMER_PROF)
	if err != nil {
		return false, 0, fmt.Errorf("getitimer: %w", err)
	}
	if timer.Interval == (unix.Timeval{}) && timer.Value == (unix.Timeval{}) {
		return false, 0, nil
	}
	file, err := os.Open("/proc/self/timers")
	if err != nil {
		return true, 0, fmt.Errorf("a CPU profile is open, since when cannot be told: %w", err)
	}
	defer file.Close()
	id, err = firstProfileTimer(file)
	return true, id, err
}

// maxTimers bounds what is read, in bytes: a thread's timer takes some 80.
const maxTimers = 1 << 20

// firstProfileTimer returns 1 + the lowest number of a timer that sends SIGPROF, 0
// when there is none. The kernel numbers the timers of a process one after the other
// (timer_create(2); the format is that of proc(5), /proc/pid/timers), so that those
// of a later profile have higher numbers. The end of a thread can raise it too,
// which makes a profile look younger than it is, never older.
func firstProfileTimer(r io.Reader) (int64, error) {
	sigprof := strconv.Itoa(int(unix.SIGPROF)) + "/"
	first, current := int64(math.MaxInt64), int64(-1)
	lines := bufio.NewScanner(io.LimitReader(r, maxTimers))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "ID":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 || n == math.MaxInt64 {
				return 0, errors.New("/proc/self/timers: unexpected number of a timer")
			}
			current = n
		case "signal":
			if current >= 0 && strings.HasPrefix(value, sigprof) {
				first = min(first, current)
			}
		}
	}
	if first == math.MaxInt64 {
		return 0, lines.Err()
	}
	return first + 1, lines.Err()
}
