//go:build linux

package healthz

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestProfileSeen takes two profiles: each shows while it is open, and the second
// is not taken for the first.
func TestProfileSeen(t *testing.T) {
	if open, _, err := profileOpen(); open || err != nil {
		t.Skipf("this test is being profiled: %v, %v", open, err)
	}
	var seen []timers
	for range 2 {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			t.Fatal(err)
		}
		open, list, err := profileOpen()
		_, again, _ := profileOpen()
		pprof.StopCPUProfile()
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("the kernel does not list timers: %v", err)
		}
		if !open || err != nil || len(list) == 0 || !again.sameAs(list) {
			t.Fatalf("open %v, timers %v, then %v, %v", open, list, again, err)
		}
		seen = append(seen, list)
		if open, _, err := profileOpen(); open || err != nil {
			t.Fatalf("stopped: open %v, %v", open, err)
		}
	}
	if seen[1].sameAs(seen[0]) {
		t.Errorf("two profiles are taken for one: %v, %v", seen[0], seen[1])
	}
}

// TestForeignTimer: a timer that runtime/pprof did not start shows as well, as one
// does that an earlier image left running.
func TestForeignTimer(t *testing.T) {
	hour := unix.Timeval{Sec: 3600} // it never fires here
	if _, err := unix.Setitimer(unix.ITIMER_PROF, unix.Itimerval{Interval: hour, Value: hour}); err != nil {
		t.Fatal(err)
	}
	open, _, err := profileOpen()
	if _, err := unix.Setitimer(unix.ITIMER_PROF, unix.Itimerval{}); err != nil {
		t.Fatal(err)
	}
	if !open && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open %v, %v", open, err)
	}
}

func TestProfileTimers(t *testing.T) {
	const text = "ID: 2\nsignal: 27/0000000000000000\nnotify: signal/tid.15963\nClockID: -2\n" +
		"ID: 1\nsignal: 34/0000000000000000\nnotify: signal/tid.15964\nClockID: 1\n" +
		"ID: 0\nsignal: 27/0000000000000000\nnotify: signal/pid.15961\nClockID: -2\n"
	got, err := profileTimers(strings.NewReader(text))
	if err != nil || len(got) != 1 || got[15963] != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := profileTimers(strings.NewReader("ID: -1\n")); err == nil {
		t.Errorf("negative: %v", got)
	}
}

func TestStatFiles(t *testing.T) {
	for _, tt := range []struct {
		name, groups, mounts string
		want                 []string
	}{
		{"v2", "0::/a.slice/b.service\n", "30 1 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
			[]string{"/sys/fs/cgroup/a.slice/b.service/cpu.stat", "/sys/fs/cgroup/a.slice/cpu.stat", "/sys/fs/cgroup/cpu.stat"}},
		{"v2 in a namespace", "0::/\n", "30 1 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup rw\n",
			[]string{"/sys/fs/cgroup/cpu.stat"}},
		{"v1 of a container", "4:cpu,cpuacct:/docker/1\n3:cpuset:/docker/1\n",
			"1 2 0:3 /docker/1 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n2 2 0:3 /docker/1 /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n",
			[]string{"/sys/fs/cgroup/cpu,cpuacct/cpu.stat"}},
		{"v1 below the mount", "4:cpu:/docker/1/x\n", "1 2 0:3 /docker/1 /cg ro - cgroup cgroup rw,cpu\n",
			[]string{"/cg/x/cpu.stat", "/cg/cpu.stat"}},
		{"beside the mount", "4:cpu:/docker/12\n", "1 2 0:3 /docker/1 /cg ro - cgroup cgroup rw,cpu\n",
			[]string{"/cg/cpu.stat"}},
		{"above the mount", "0::/../other\n", "1 2 0:3 / /cg ro - cgroup2 cgroup rw\n",
			[]string{"/cg/other/cpu.stat", "/cg/cpu.stat"}},
		{"space", "0::/a\n", "1 2 0:3 / /my\\040cg ro - cgroup2 cgroup rw\n",
			[]string{"/my cg/a/cpu.stat", "/my cg/cpu.stat"}},
		{"none", "", "", nil},
		{"garbage", "x\n::\n0::relative\n", "a - b\n - - \n1 2 0:3 / /cg ro - cgroup2 cgroup rw\n", nil},
	} {
		if got := statFiles(tt.groups, tt.mounts); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReadQuota(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cpu.stat")
	for text, want := range map[string]quota{
		"nr_periods 10\nnr_throttled 3\nthrottled_time 5\n":                                 {periods: 10, throttled: 3},
		"usage_usec 5\nnr_periods 18446744073709551615\nnr_throttled 0\nthrottled_usec 0\n": {periods: 18446744073709551615},
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := readQuota(name); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "usage_usec 5\n", "nr_periods 5\n", "nr_periods -5\nnr_throttled 1\n"} {
		if got, ok := parseQuota(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := readQuota(name + ".none"); got.err == nil {
		t.Errorf("no file: %+v", got)
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("0::/a/b\n", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "nr_periods 1\nnr_throttled 2\n", "ID: 1\nsignal: 27/0\nnotify: signal/tid.5\n")
	f.Fuzz(func(t *testing.T, groups, mounts, stat, timers string) {
		for _, name := range statFiles(groups, mounts) {
			if !strings.HasSuffix(name, "cpu.stat") {
				t.Errorf("file %q", name)
			}
		}
		parseQuota(stat)
		if list, err := profileTimers(strings.NewReader(timers)); err == nil {
			list.sameAs(list)
		}
	})
}
