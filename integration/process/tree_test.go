//go:build linux

package process

import (
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseStat(t *testing.T) {
	const rest = " 10 11 12 13 14 15 16 17 18 19 20 21 99 23\n" // from the tenth field on
	for _, test := range []struct {
		text string
		want Info // zero: an error
	}{
		{"4711 (server) S 12 4711 13 0 -1 4194560" + rest, Info{4711, "server", 'S', 12, 13, 99}},
		{"1 (a) R 2 (b) Z 3 4 5 0 0 0" + rest, Info{1, "a) R 2 (b", 'Z', 3, 5, 99}},
		{"1 () X 0 0 0 0 0 0" + rest, Info{1, "", 'X', 0, 0, 99}},
		{"1 server S 12 4711 13 0 0 0" + rest, Info{}},
		{"1 (server) S 12 4711 13", Info{}},
		{"1 (server) S 12 4711 x 0 0 0" + rest, Info{}},
		{"x (server) S 12 4711 1 0 0 0" + rest, Info{}},
		{"1 )server( S 12 4711 1 0 0 0" + rest, Info{}},
		{"1 (server) SS 12 4711 1 0 0 0" + rest, Info{}},
		{"", Info{}},
	} {
		got, err := parseStat([]byte(test.text))
		if got != test.want || (err == nil) != (test.want != Info{}) {
			t.Errorf("%q: got %+v, %v", test.text, got, err)
		}
	}
}

func TestBelow(t *testing.T) {
	all := []Info{{PID: 5, Parent: 3}, {PID: 3, Parent: 2}, {PID: 2, Parent: 1}, {PID: 4, Parent: 1}, {PID: 1},
		{PID: 8, Parent: 9}, {PID: 9, Parent: 8}}
	for top, want := range map[int][]int{1: {2, 4, 3, 5}, 3: {5}, 5: nil, 7: nil, 8: {9}} {
		var got []int
		for _, info := range below(all, top) {
			got = append(got, info.PID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("below %d: got %v, want %v", top, got, want)
		}
	}
}

func TestZombies(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "zombie")
	between, own, inner := await(t, dir, "between"), await(t, dir, "zombie"), await(t, dir, "inner")
	want := []int{own, inner}
	slices.Sort(want)
	// A child has started before it has ended.
	eventually(t, "the zombies are not seen", func() bool {
		var got []int
		zombies, err := Zombies(p.PID())
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range zombies {
			got = append(got, info.PID)
		}
		slices.Sort(got)
		return reflect.DeepEqual(got, want)
	})
	for _, test := range []struct {
		name string
		list func(int) ([]Info, error)
		of   int
		want int
	}{{"children", Children, p.PID(), 2}, {"descendants", Descendants, p.PID(), 3}, {"zombies", Zombies, between, 1}} {
		if list, err := test.list(test.of); err != nil || len(list) != test.want {
			t.Errorf("%s: got %+v, %v", test.name, list, err)
		}
	}
}

func TestParseTask(t *testing.T) {
	for text, want := range map[string]int{
		"202 0x82e438 0x80 0x0 0x0 0x0 0x0 0x7ffc 0x7f4f\n": 202,
		"0 0x3 0x7f 0x20000 0x7f 0xffffffff 0x0 0x7f 0x7f":  0,
		"running\n":          NoSyscall,
		"-1 0x7ffc 0x7f4f":   NoSyscall,
		"-1 0 0 0 0 0 0 0 0": NoSyscall,
		"x 0 0 0 0 0 0 0 0":  NoSyscall,
		"":                   NoSyscall,
	} {
		if got := parseSyscall(text); got != want {
			t.Errorf("%q: got %d", text, got)
		}
	}
	for text, want := range map[string]string{"0": "", "futex_do_wait": "futex_do_wait", "": ""} {
		if got := parseWait(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// A Go program that does nothing has threads in futex(2) and none that runs.
func TestTasks(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "deaf")
	await(t, dir, "ready")
	var tasks []Task
	eventually(t, "no thread sleeps in futex", func() bool {
		var err error
		tasks, err = Tasks(p.PID())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(tasks, func(t Task) bool { return t.State == 'S' && t.Syscall == unix.SYS_FUTEX })
	})
	if tasks[0].TID != p.PID() || tasks[0].Name == "" {
		t.Errorf("got %+v", tasks)
	}
	p.Close()
	if _, err := Tasks(p.PID()); err == nil {
		t.Error("no error for a process that is gone")
	}
}
