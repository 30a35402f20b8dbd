//go:build linux

package process

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxMessage bounds what is read at once, in bytes: more than the arguments and
// the environment that the kernel takes (execve(2), 6 MB).
const maxMessage = 16 << 20

// A verb says what a message is. Each request is answered by a message of the
// same verb and ID; verbExit comes unasked.
type verb string

const (
	verbReady  verb = "ready"  // guard: the folder is made
	verbStart  verb = "start"  // carries the descriptor for the output
	verbSignal verb = "signal" // to one program
	verbEnd    verb = "end"    // one program and all that it started
	verbClose  verb = "close"  // the whole run
	verbExit   verb = "exit"   // guard: a program ended
)

// A message goes between hotvet and the guard.
type message struct {
	Verb    verb
	ID      int            `json:",omitempty"`
	Spec    *Spec          `json:",omitempty"`
	Program int            `json:",omitempty"` // number, from 1
	PID     int            `json:",omitempty"`
	Signal  syscall.Signal `json:",omitempty"`
	Exit    *Exit          `json:",omitempty"`
	Folder  string         `json:",omitempty"`
	Mark    string         `json:",omitempty"`
	Error   string         `json:",omitempty"`
	Errno   syscall.Errno  `json:",omitempty"` // what the kernel said; Error is the call then
}

// err returns what the guard says went wrong.
func (m message) err() error {
	switch {
	case m.Error == "":
		return nil
	case m.Errno != 0:
		return &os.SyscallError{Syscall: m.Error, Err: m.Errno}
	}
	return errors.New(m.Error)
}

// fail puts err, which may be nil, into m.
func (m *message) fail(err error) {
	if err == nil {
		return
	}
	m.Error = err.Error()
	if refused, ok := err.(*os.SyscallError); ok && errors.As(refused, &m.Errno) {
		m.Error = refused.Syscall
	}
}

// A wire carries messages, each as its length in four bytes and JSON, and
// descriptors beside them (unix(7), SCM_RIGHTS).
type wire struct {
	conn *net.UnixConn
	mu   sync.Mutex // held to send
}

// newWire takes over one end of a socket pair.
func newWire(file *os.File) (*wire, error) {
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, errors.New("not a unix socket")
	}
	return &wire{conn: u}, nil
}

// send sends m and, when file is not nil, a copy of its descriptor.
func (w *wire) send(m message, file *os.File) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(body) > maxMessage {
		return fmt.Errorf("arguments and environment take %d bytes, more than %d", len(body), maxMessage)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var rights []byte
	if file != nil {
		rights = unix.UnixRights(int(file.Fd()))
	}
	length := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	// Four bytes go whole or not at all, which WriteMsgUnix does not promise of
	// more.
	if _, _, err := w.conn.WriteMsgUnix(length, rights, nil); err != nil {
		return err
	}
	_, err = w.conn.Write(body)
	return err
}

// receive waits for a message. The file is nil when none came with it. At the
// end of the other side the error is io.EOF or ECONNRESET.
func (w *wire) receive() (message, *os.File, error) {
	var length [4]byte
	rights := make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := w.conn.ReadMsgUnix(length[:], rights)
	if err != nil {
		return message{}, nil, err
	}
	file, err := fileOf(rights[:oobn])
	if err != nil {
		return message{}, nil, err
	}
	m, err := w.body(length, n)
	if err != nil && file != nil {
		file.Close()
		file = nil
	}
	return m, file, err
}

// body reads a message of whose length n bytes are read.
func (w *wire) body(length [4]byte, n int) (message, error) {
	if n == 0 {
		return message{}, io.EOF
	}
	if _, err := io.ReadFull(w.conn, length[n:]); err != nil {
		return message{}, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > maxMessage {
		return message{}, fmt.Errorf("message of %d bytes, more than %d", size, maxMessage)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(w.conn, body); err != nil {
		return message{}, err
	}
	var m message
	err := json.Unmarshal(body, &m)
	return m, err
}

// fileOf returns the file that came with a message, nil when none did.
func fileOf(rights []byte) (*os.File, error) {
	if len(rights) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return nil, err
		}
		for _, fd := range fds {
			return os.NewFile(uintptr(fd), "output"), nil
		}
	}
	return nil, nil
}
