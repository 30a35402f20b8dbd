//go:build linux

package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseMaps(t *testing.T) {
	const text = `556b9eeda000-556b9eedc000 r--p 00000000 fe:00 247278                     /usr/bin/my server
556b9eedc000-556b9eee2000 r-xp 00002000 fe:00 247278                     /usr/bin/my server
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000001000-7f0000002000 rw-p 00000000 00:00 0                          [heap]
7f0000002000-7f0000003000 rw-s 00000000 fe:00 12                         /data/a\012b
7f0000003000-7f0000004000 r-xp 00000000 fe:00 13                         /lib/x.so (deleted)
7f0000004000-7f0000005000 r-xp 00000000 fe:00 14                         /lib/x.so
7f0000005000-7f0000006000 rw-s 00000000 00:01 15                         /dev/zero (deleted)
7f0000006000-7f0000007000 rw-s 00000000 00:01 16                         /memfd:m (deleted)
7f0000007000-7f0000008000 rw-s 00000000 00:01 17                         /SYSV00000000 (deleted)
7f0000008000-7f0000009000 rw-s 00000000 00:0e 18                         anon_inode:[perf_event]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`
	disk := unix.Mkdev(0xfe, 0)
	got, err := parseMaps(strings.NewReader(text))
	want := []Mapping{
		{Path: "/usr/bin/my server", Device: disk, Inode: 247278, Executable: true},
		{Path: "/data/a\nb", Device: disk, Inode: 12},
		{Path: "/lib/x.so (deleted)", Device: disk, Inode: 13, Executable: true},
		{Path: "/lib/x.so", Device: disk, Inode: 14, Executable: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, text := range []string{
		"\n",
		"1-2 r-xp 0 fe:00",
		"1-2 r-xp 0 fe00 1 /x",
		"1-2 r-xp 0 fe:00 x /x",
		"1-2 rx 0 fe:00 1 /x",
		"1-2 r-xp 0 100000000:00 1 /x",
		"1-2 r-xp 0 fe:00 1 /" + strings.Repeat("x", maxMapLine),
	} {
		if got, err := parseMaps(strings.NewReader(text)); err == nil {
			t.Errorf("%.60q: got %+v", text, got)
		}
	}
}

func TestCompareMapping(t *testing.T) {
	disk := map[string][2]uint64{"/here": {1, 5}, "/new": {1, 6}, "/odd (deleted)": {1, 5}, "/odder (deleted)": {1, 6}, "/overlay": {2, 7}}
	stat := func(path string) (uint64, uint64, bool) {
		id, exists := disk[path]
		return id[0], id[1], exists
	}
	for _, test := range []struct {
		path     string
		want     string
		deleted  bool
		replaced bool
	}{
		{"/here", "/here", false, false},
		{"/overlay", "/overlay", false, false},
		{"/gone (deleted)", "/gone", true, false},
		{"/new (deleted)", "/new", true, true},
		{"/here (deleted)", "/here", true, false},
		{"/odd (deleted)", "/odd (deleted)", false, false},
		{"/odder (deleted)", "/odder", true, false},
	} {
		m := Mapping{Path: test.path, Device: 1, Inode: 5}
		m.compare(stat)
		if m.Path != test.want || m.Deleted != test.deleted || m.Replaced != test.replaced {
			t.Errorf("%s: got %+v", test.path, m)
		}
	}
}

func TestMappings(t *testing.T) {
	r := newRun(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	data, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	// Named sleep, as one binary can be many commands by its name.
	path := filepath.Join(r.Folder(), "sleep")
	write := func(path string) error { return os.WriteFile(path, data, 0o700) }
	if err := write(path); err != nil {
		t.Fatal(err)
	}
	p, err := r.Start(Spec{Path: path, Args: []string{"1000"}, Dir: r.Folder()})
	if err != nil {
		t.Fatal(err)
	}
	find := func() (found []Mapping) {
		list, err := Mappings(p.PID())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.Path == path {
				found = append(found, m)
			}
		}
		return found
	}
	for _, step := range []struct {
		change func() error
		want   string
	}{
		{func() error { return nil }, "executable true, deleted false, replaced false"},
		{func() error { return os.Remove(path) }, "executable true, deleted true, replaced false"},
		{func() error { return write(path) }, "executable true, deleted true, replaced true"},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		found := find()
		if len(found) != 1 {
			t.Fatalf("got %+v", found)
		}
		m := found[0]
		got := fmt.Sprintf("executable %v, deleted %v, replaced %v", m.Executable, m.Deleted, m.Replaced)
		if got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
}
