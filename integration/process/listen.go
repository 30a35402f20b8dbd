//go:build linux

package process

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An Address is where a process listens.
type Address struct {
	Network string // tcp or unix
	Addr    string // HOST:PORT, or the absolute path of the socket
	Local   bool   // only this machine can reach it
}

func (a Address) String() string { return a.Network + ":" + a.Addr }

// Listeners returns the stream sockets on which the process pid listens.
func Listeners(pid int) ([]Address, error) {
	sockets := make(map[string]bool) // by inode
	err := eachFD(pid, func(_ int, target string) error {
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var list []Address
	for _, table := range []struct {
		name  string
		parse func(fields []string) (inode string, a Address, ok bool)
	}{{"tcp", parseTCP}, {"tcp6", parseTCP}, {"unix", parseUnix}} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table.name))
		if os.IsNotExist(err) && table.name == "tcp6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			inode, a, ok := table.parse(strings.Fields(lines.Text()))
			if ok && sockets[inode] {
				list = append(list, resolve(pid, a))
			}
		}
		file.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// resolve makes the path of a unix socket, which the kernel gives as it was bound,
// absolute.
func resolve(pid int, a Address) Address {
	if a.Network != "unix" || strings.HasPrefix(a.Addr, "@") || filepath.IsAbs(a.Addr) {
		return a
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil {
		a.Addr = filepath.Join(cwd, a.Addr)
	}
	return a
}

// parseTCP reads a line of /proc/net/tcp or tcp6: "sl local_address rem_address st
// ... inode ...", state 0A being LISTEN (proc(5), include/net/tcp_states.h).
func parseTCP(fields []string) (string, Address, bool) {
	if len(fields) < 10 || fields[3] != "0A" {
		return "", Address{}, false
	}
	host, port, found := strings.Cut(fields[1], ":")
	raw, err := hex.DecodeString(host)
	if !found || err != nil || len(raw)%4 != 0 {
		return "", Address{}, false
	}
	// The kernel prints each group of four bytes as a number of the machine's
	// byte order.
	for group := raw; len(group) > 0; group = group[4:] {
		binary.NativeEndian.PutUint32(group, binary.BigEndian.Uint32(group))
	}
	ip, ok := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return "", Address{}, false
	}
	ip = ip.Unmap()
	return fields[9], Address{
		Network: "tcp",
		Addr:    net.JoinHostPort(ip.String(), strconv.FormatUint(number, 10)),
		Local:   ip.IsLoopback(),
	}, true
}

// parseUnix reads a line of /proc/net/unix: "Num RefCount Protocol Flags Type St
// Inode Path". The flag 0x10000 marks a socket that listens (__SO_ACCEPTCON).
func parseUnix(fields []string) (string, Address, bool) {
	if len(fields) < 8 || fields[3] != "00010000" || fields[4] != "0001" {
		return "", Address{}, false
	}
	path := strings.Join(fields[7:], " ")
	return fields[6], Address{Network: "unix", Addr: path, Local: true}, true
}

// WaitListening waits until the process pid listens somewhere and returns where.
// It looks until the same list is seen twice in a row, since a server opens its
// listeners one after the other, or until ctx ends.
func WaitListening(ctx context.Context, pid int) ([]Address, error) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	before := ""
	for {
		list, err := Listeners(pid)
		if errors.Is(err, fs.ErrNotExist) {
			// The process is gone: whoever waits for it ends ctx and knows why.
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Second):
			}
		}
		if err != nil {
			return nil, err
		}
		now := fmt.Sprint(list)
		if len(list) > 0 && now == before {
			return list, nil
		}
		before = now
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
