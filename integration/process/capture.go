//go:build linux

package process

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A capture keeps the tail of what comes through a pipe.
type capture struct {
	file *os.File
	raw  syscall.RawConn
	tail *tail
	done chan struct{} // closed when nobody can write any more, or the pipe is closed

	mu     sync.Mutex // held from a read until the tail has what was read
	buffer [32 << 10]byte
}

// newCapture returns a capture and the end of the pipe to write to.
func newCapture() (*capture, *os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	c := &capture{file: read, tail: new(tail), done: make(chan struct{})}
	if c.raw, err = read.SyscallConn(); err != nil {
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return c, write, nil
}

// follow reads until the end.
func (c *capture) follow() {
	defer close(c.done)
	_ = c.raw.Read(func(fd uintptr) (end bool) {
		// The poller wakes again only when all has been read (epoll(7), EPOLLET).
		for {
			switch n, err := c.take(int(fd)); {
			case err == unix.EAGAIN:
				return false
			case n <= 0:
				return true
			}
		}
	})
}

// flush returns when the tail has all that was written before the call. It does
// not wait for the end, which comes late when a child goes on with the output.
func (c *capture) flush() {
	// An error says that the pipe is closed: it has been read.
	_ = c.raw.Control(func(fd uintptr) {
		size, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
		// More than the pipe holds has been written since.
		for err == nil && size > 0 {
			var n int
			if n, err = c.take(int(fd)); n <= 0 {
				return
			}
			size -= n
		}
	})
}

// take moves what can be read at once to the tail.
func (c *capture) take(fd int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		n, err := unix.Read(fd, c.buffer[:])
		if err == unix.EINTR {
			continue
		}
		if n > 0 {
			c.tail.Write(c.buffer[:n])
		}
		return n, err
	}
}

// close ends follow.
func (c *capture) close() {
	c.file.Close()
	<-c.done
}
