//go:build linux

package process

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseFDInfo(t *testing.T) {
	for _, test := range []struct {
		text   string
		offset int64
		flags  int
		ok     bool
	}{
		{"pos:\t4711\nflags:\t02100001\nmnt_id:\t24\nino:\t3\n", 4711, 0o2100001, true},
		{"pos:\t0\nflags:\t02\nmnt_id:\t16\ntfd:        5 events:       19 data: 5 pos:0 ino:3 sdev:9\n", 0, 2, true},
		{"pos:\t-1\nflags:\t0\n", -1, 0, true},
		{"pos:\t1\n", 0, 0, false},
		{"flags:\t02\n", 0, 0, false},
		{"pos:\tx\nflags:\t02\n", 0, 0, false},
		{"pos:\t0\nflags:\t08\n", 0, 0, false},
		{"pos:\t0\nflags:\t7777777777777\n", 0, 0, false},
		{"", 0, 0, false},
	} {
		offset, flags, err := parseFDInfo(test.text)
		if offset != test.offset || flags != test.flags || (err == nil) != test.ok {
			t.Errorf("%q: got %d, %o, %v", test.text, offset, flags, err)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, test := range []struct {
		target string
		mode   uint32
		want   Kind
	}{
		{"socket:[1]", syscall.S_IFSOCK, KindSocket},
		{"pipe:[1]", syscall.S_IFIFO, KindPipe},
		{"anon_inode:[eventpoll]", 0, KindAnon},
		// Newer kernels give some of these the mode of a file.
		{"anon_inode:[pidfd]", syscall.S_IFREG, KindAnon},
		{"/memfd:code (deleted)", syscall.S_IFREG, KindFile},
		{"/run/socket:[1]", syscall.S_IFREG, KindFile},
		{"/run/fifo", syscall.S_IFIFO, KindPipe},
		{"/dev/null", syscall.S_IFCHR, KindDevice},
		{"/dev/vda", syscall.S_IFBLK, KindDevice},
		{"/", syscall.S_IFDIR, KindFolder},
	} {
		if got := kindOf(test.target, test.mode); got != test.want {
			t.Errorf("%s: got %s", test.target, got)
		}
	}
}

func TestDiffFDs(t *testing.T) {
	pipe := FD{Num: 3, Target: "pipe:[7]", Kind: KindPipe, Inode: 7, Flags: syscall.O_NONBLOCK}
	file := FD{Num: 4, Target: "/log", Kind: KindFile, Inode: 8, Device: 1, Flags: syscall.O_CLOEXEC}
	poll := FD{Num: 5, Target: "anon_inode:[eventpoll]", Kind: KindAnon, Inode: 1}
	timer := FD{Num: 5, Target: "anon_inode:[timerfd]", Kind: KindAnon, Inode: 1}
	with := func(f FD, change func(*FD)) FD { change(&f); return f }
	blocking := with(pipe, func(f *FD) { f.Flags = 0 })
	moved := with(file, func(f *FD) { f.Target, f.Offset = "/log.1", 5 })
	other := with(file, func(f *FD) { f.Device = 2 })
	for _, test := range []struct {
		name          string
		before, after []FD
		want          FDDiff
	}{
		{"same", []FD{pipe, file, poll}, []FD{pipe, moved, poll}, FDDiff{}},
		{"gained", nil, []FD{pipe}, FDDiff{Gained: []FD{pipe}}},
		{"lost", []FD{pipe, file}, []FD{file}, FDDiff{Lost: []FD{pipe}}},
		{"flags", []FD{pipe}, []FD{blocking}, FDDiff{Changed: []FDChange{{pipe, blocking}}}},
		{"number used again", []FD{file}, []FD{other}, FDDiff{Gained: []FD{other}, Lost: []FD{file}}},
		{"other object", []FD{poll}, []FD{timer}, FDDiff{Gained: []FD{timer}, Lost: []FD{poll}}},
	} {
		if got := DiffFDs(test.before, test.after); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v", test.name, got)
		}
	}
}

// What was done to a descriptor must be told from what is its usual state.
func TestFDs(t *testing.T) {
	before, err := FDs(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// The name is not the mark of a file that is deleted.
	named, err := os.Create(filepath.Join(dir, "named (deleted)"))
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	fmt.Fprint(named, "four")
	gone, err := os.OpenFile(filepath.Join(dir, "gone"), os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := os.Remove(gone.Name()); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var live int
	raw.Control(func(fd uintptr) { live = int(fd) })

	after, err := FDs(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	gained := make(map[int]FD)
	for _, f := range DiffFDs(before, after).Gained {
		gained[f.Num] = f
	}
	f := gained[int(named.Fd())]
	if f.Target != named.Name() || f.Kind != KindFile || f.Offset != 4 || !f.Writable() || f.Deleted || !f.CloseOnExec() {
		t.Errorf("got %+v", f)
	}
	f = gained[int(gone.Fd())]
	if f.Target != gone.Name() || f.Writable() || !f.Deleted {
		t.Errorf("got %+v", f)
	}
	f = gained[live]
	if f.Kind != KindSocket || !f.Nonblocking() || !f.CloseOnExec() || f.Deleted {
		t.Errorf("got %+v", f)
	}
	if err := unix.SetNonblock(live, false); err != nil {
		t.Fatal(err)
	}
	blocking, err := FDs(os.Getpid())
	unix.SetNonblock(live, true)
	if err != nil {
		t.Fatal(err)
	}
	var changed []FDChange
	for _, c := range DiffFDs(after, blocking).Changed {
		if c.After.Num == live {
			changed = append(changed, c)
		}
	}
	if len(changed) != 1 || !changed[0].Before.Nonblocking() || changed[0].After.Nonblocking() {
		t.Errorf("got %+v", changed)
	}
}

// TestUnreadableLink holds that a descriptor that cannot be seen is not left out: the
// links of a process that may not be traced cannot be read.
func TestUnreadableLink(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "3"), nil, 0o600); err != nil { // no link
		t.Fatal(err)
	}
	err := eachLink(folder, func(int, string) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "readlink") {
		t.Errorf("error %v", err)
	}
}
