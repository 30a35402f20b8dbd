//go:build unix

package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockTime is how long another gate may hold the lock: it writes one line.
const lockTime = 10 * time.Second

// openLog opens and locks the log. O_APPEND and the lock keep lines whole; a link or a
// pipe in the place of the log is refused.
func openLog(path string) (file *os.File, created bool, err error) {
	for range 100 {
		_, statErr := os.Lstat(path)
		created = errors.Is(statErr, fs.ErrNotExist)
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o640)
		if err != nil {
			return nil, false, err
		}
		info, err := file.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a regular file")
		}
		if err == nil {
			err = lock(file, unix.LOCK_EX)
		}
		if err != nil {
			file.Close()
			return nil, false, err
		}
		// The file may have been moved away while this one waited.
		if now, err := os.Lstat(path); err == nil && os.SameFile(info, now) {
			return file, created, nil
		}
		file.Close()
	}
	return nil, false, errors.New("it is replaced all the time")
}

func lockShared(file *os.File) error { return lock(file, unix.LOCK_SH) }

func lock(file *os.File, how int) error {
	for deadline := time.Now().Add(lockTime); ; time.Sleep(5 * time.Millisecond) {
		err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case !errors.Is(err, unix.EWOULDBLOCK):
			return fmt.Errorf("cannot lock it: %w", err)
		case time.Now().After(deadline):
			return fmt.Errorf("another process has held its lock for %v", lockTime)
		}
	}
}
