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
	"time"

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

// TestCgroups finds the files of cgroups under a root of its own, and judges by the
// one that is throttled.
func TestCgroups(t *testing.T) {
	root := t.TempDir()
	stat := func(group, text string) {
		if err := os.MkdirAll(filepath.Join(root, group), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, group, "cpu.stat"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	v2 := "30 1 0:26 / " + root + " rw - cgroup2 cgroup2 rw\n"
	v1 := "30 1 0:26 /docker/1 " + root + "/v1 rw - cgroup cgroup rw,cpu,cpuacct\n"
	const none = "usage_usec 5\n"
	for _, tt := range []struct {
		name, groups, mounts string
		files                map[string]string // when the process begins
		group, later         string            // what is in one of them then
		score                int               // -1: none
	}{
		{"no quota", "0::/a/b\n", v2, map[string]string{".": none, "a": none, "a/b": none}, "a/b", none, -1},
		{"own quota", "0::/a/b\n", v2, map[string]string{".": none, "a": none, "a/b": "nr_periods 0\nnr_throttled 0\n"},
			"a/b", "nr_periods 80\nnr_throttled 20\n", 56},
		{"quota of the pod", "0::/a/b\n", v2, map[string]string{".": none, "a": "nr_periods 90\nnr_throttled 90\n", "a/b": "nr_periods 0\nnr_throttled 0\n"},
			"a", "nr_periods 190\nnr_throttled 140\n", 0},
		{"quota unused", "0::/\n", v2, map[string]string{".": "nr_periods 5\nnr_throttled 1\n"}, ".", "nr_periods 600\nnr_throttled 1\n", 100},
		{"version 1", "4:cpu,cpuacct:/docker/1\n0::/\n", v1, map[string]string{"v1": "nr_periods 5\nnr_throttled 1\nthrottled_time 9\n"},
			"v1", "nr_periods 105\nnr_throttled 31\nthrottled_time 9\n", 44},
	} {
		for group, text := range tt.files {
			stat(group, text)
		}
		c := checker()
		c.metrics, c.quotas = newMetrics(), counting(statFiles(tt.groups, tt.mounts))
		begin := at(0, nil).at
		c.past = []sample{c.sample(begin)}
		stat(tt.group, tt.later)
		p := c.check(c.sample(begin.Add(time.Minute))).Parts[0]
		if p.Name != "throttling" || (p.Score == nil) != (tt.score < 0) || p.Score != nil && *p.Score != tt.score {
			t.Errorf("%s: files %q: %+v, want score %d", tt.name, c.quotas, p, tt.score)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
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
