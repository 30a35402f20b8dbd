//go:build linux

package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// A SocketFile is the state of the name of a unix socket in the file system. The
// kernel keeps a socket listening whose name is gone: who knows only the name
// cannot connect any more (unix(7)).
type SocketFile struct {
	Exists    bool
	Socket    bool // and not a file of another kind in its place
	SameOwner bool // it belongs to the effective user of the process
}

// SocketFileOf looks at the name of the unix socket a, on which the process pid
// listens, or listened. Other addresses, and abstract ones, have none, which is an
// error.
func SocketFileOf(pid int, a Address) (SocketFile, error) {
	if a.Network != "unix" || strings.HasPrefix(a.Addr, "@") {
		return SocketFile{}, fmt.Errorf("%v has no name in the file system", a)
	}
	info, err := os.Lstat(a.Addr)
	if errors.Is(err, fs.ErrNotExist) {
		return SocketFile{}, nil
	}
	if err != nil {
		return SocketFile{}, err
	}
	uid, err := owner(pid)
	if err != nil {
		return SocketFile{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return SocketFile{
		Exists:    true,
		Socket:    info.Mode().Type() == fs.ModeSocket,
		SameOwner: ok && st.Uid == uid,
	}, nil
}
