package healthz

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// profileOpen reports whether the timer of CPU profiles runs, and those of the
// threads: none when no profile of this image set it.
func profileOpen() (open bool, t timers, err error) {
	timer, err := unix.Getitimer(unix.ITIMER_PROF)
	if err != nil {
		return false, nil, fmt.Errorf("getitimer: %w", err)
	}
	if timer.Interval == (unix.Timeval{}) && timer.Value == (unix.Timeval{}) {
		return false, nil, nil
	}
	file, err := os.Open("/proc/self/timers")
	if err != nil {
		return true, nil, fmt.Errorf("a CPU profile is open, since when cannot be told: %w", err)
	}
	defer file.Close()
	t, err = profileTimers(file)
	return true, t, err
}

// maxTimers bounds what is read, in bytes: a thread's timer takes some 80.
const maxTimers = 1 << 20

// profileTimers returns the timers that send SIGPROF to a thread. For each there are
// lines "ID: NUMBER", "signal: SIGNAL/VALUE", "notify: signal/tid.THREAD" (proc(5),
// /proc/pid/timers). The kernel counts the numbers up (timer_create(2)).
func profileTimers(r io.Reader) (timers, error) {
	sigprof := strconv.Itoa(int(unix.SIGPROF)) + "/"
	list := make(timers)
	number, prof := int64(-1), false
	lines := bufio.NewScanner(io.LimitReader(r, maxTimers))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "ID":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 {
				return nil, fmt.Errorf("/proc/self/timers: unexpected number %.40q of a timer", value)
			}
			number, prof = n, false
		case "signal":
			prof = strings.HasPrefix(value, sigprof)
		case "notify":
			thread, isThread := strings.CutPrefix(value, "signal/tid.")
			tid, err := strconv.Atoi(thread)
			if prof && isThread && err == nil && number >= 0 {
				list[tid] = number
			}
		}
	}
	return list, lines.Err()
}
