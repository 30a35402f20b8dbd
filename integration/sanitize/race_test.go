package sanitize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// racy makes its accesses one after the other, in an order that the detector does
// not see, so that every run has the same reports.
const racy = `package main

import (
	"os"
	"runtime"
	"sync/atomic"
)

var (
	made   bool
	plain  int
	table  = map[string]int{}
	number int64
)

//go:norace
func tell() { made = true }

//go:norace
func wait() {
	for !made {
		runtime.Gosched()
	}
}

func beside(f func()) {
	done := make(chan bool)
	go func() { f(); close(done) }()
	<-done
}

func main() {
	switch os.Args[1] {
	case "goroutines":
		started := make(chan bool, 2)
		for range 2 {
			go func() { plain = 1; started <- true }()
		}
		<-started
		<-started
	case "map":
		go func() { table["a"] = 1; tell() }()
		wait()
		_ = table["a"]
	case "previous atomic":
		go func() { atomic.AddInt64(&number, 1); tell() }()
		wait()
		number = 2
	case "atomic":
		go func() { number = 2; tell() }()
		wait()
		_ = atomic.LoadInt64(&number)
	case "none":
		beside(func() { plain = 1 })
		println(plain)
	}
}
`

func TestParseRace(t *testing.T) {
	binary := compile(t, racy, true, "-race")
	for _, test := range []struct {
		arg     string
		tops    [2]string
		main    bool // the later access is that of the main goroutine
		writes  [2]bool
		atomics [2]bool
	}{
		{"goroutines", [2]string{"main.main.func1 main.go", "main.main.func1 main.go"}, false, [2]bool{true, true}, [2]bool{}},
		{"map", [2]string{"main.main main.go", "main.main.func2 main.go"}, true, [2]bool{false, true}, [2]bool{}},
		{"previous atomic", [2]string{"main.main main.go", "nowhere"}, true, [2]bool{true, true}, [2]bool{false, true}},
		{"atomic", [2]string{"nowhere", "main.main.func4 main.go"}, true, [2]bool{false, true}, [2]bool{true, false}},
	} {
		log := filepath.Join(t.TempDir(), "race")
		if text, _ := output(t, binary, test.arg, "GORACE=atexit_sleep_ms=0 log_path="+log); strings.Contains(text, raceHead) {
			t.Errorf("%s: the report is not in its file: %s", test.arg, text)
		}
		races := ParseRace(readOnly(t, log))
		if len(races) == 0 {
			t.Errorf("%s: no report", test.arg)
			continue
		}
		r := races[0]
		for i, a := range r.Accesses {
			if got := at(a.Top()); got != test.tops[i] || a.Write != test.writes[i] || a.Atomic != test.atomics[i] || a.Addr != r.Accesses[0].Addr {
				t.Errorf("%s, access %d: %s, %+v", test.arg, i, got, a)
			}
		}
		if (r.Accesses[0].Goroutine == "main") != test.main || r.Damage != "" || len(r.Goroutines) == 0 {
			t.Errorf("%s: %+v", test.arg, r)
			continue
		}
		if g := r.Goroutines[len(r.Goroutines)-1]; g.ID != r.Accesses[1].Goroutine || len(g.Stack) == 0 || g.Stack[0].Func != "main.main" || g.Stack[0].Line == 0 {
			t.Errorf("%s: goroutine %+v", test.arg, g)
		}
	}
	if text, _ := output(t, binary, "none"); len(ParseRace(text)) != 0 {
		t.Errorf("a report from\n%s", text)
	}
}

// readOnly returns the content of the one file that begins with prefix.
func readOnly(t *testing.T, prefix string) string {
	t.Helper()
	files, err := filepath.Glob(prefix + ".*")
	if err != nil || len(files) != 1 {
		t.Fatalf("got files %v and %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What no program makes on demand.
func TestParseRaceText(t *testing.T) {
	const lost = `==================
WARNING: DATA RACE
Read at 0x00c00000c2f0 by goroutine 238:
2026/11/25 a line of the program
  main.doRPC()
      /home/me/a b:c/main.go:50 +0x311
  main.F[...]()
      C:/x/main.go:7 +0x1

Previous write at 0x00c00000c2f0 by goroutine 246:
  [failed to restore the stack]

Goroutine 238 (running) created at:
  main.main()
      /home/me/main.go:22 +0x50

Goroutine 246 (finished) created at:
  [failed to restore the stack]
==================
`
	races := ParseRace("noise" + lost + lost)
	if len(races) != 2 {
		t.Fatalf("got %+v", races)
	}
	r := races[1]
	if _, ok := r.Accesses[1].Top(); ok || r.Accesses[1].Stack != nil || r.Damage != "" || !r.Goroutines[1].Finished {
		t.Errorf("got %+v", r)
	}
	if s := r.Accesses[0].Stack; len(s) != 2 || s[0] != (Frame{"main.doRPC", "/home/me/a b:c/main.go", 50}) || s[1].Line != 7 {
		t.Errorf("got stack %+v", s)
	}
	for damage, text := range map[string]string{
		"the report has no end":       lost[:strings.LastIndex(lost, raceRule)],
		"1 of 2 accesses can be read": strings.Replace(lost, "Previous write at", "Prevlog line", 1),
		"0 of 2 accesses can be read": raceHead,
	} {
		if races := ParseRace(text); len(races) != 1 || races[0].Damage != damage {
			t.Errorf("%s: got %+v", damage, races)
		}
	}
	if got := len(ParseRace(strings.Repeat(raceHead+"\n", 2*MaxReports))); got != MaxReports {
		t.Errorf("got %d reports", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("==================\nWARNING: DATA RACE\nRead at 0x0 by main goroutine:\n  main.f()\n      a.go:1 +0x1\n\nPrevious write at 0x1 by goroutine 2:\n")
	f.Add("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\nREAD of size 8 at 0x60 thread T0\n    #0 0x4 in f /a.c:1:2\n")
	f.Add("panic: a [recovered]\n\tpanic: b\n[signal SIGSEGV: x]\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x1\n")
	f.Fuzz(func(t *testing.T, text string) {
		frames := 0
		count := func(stacks ...[]Frame) {
			for _, s := range stacks {
				Top(s)
				frames += len(s)
			}
		}
		for _, r := range ParseRace(text) {
			count(r.Accesses[0].Stack, r.Accesses[1].Stack)
			for _, g := range r.Goroutines {
				count(g.Stack)
			}
		}
		for _, a := range ParseASan(text) {
			count(a.Stack, a.Freed, a.Allocated)
		}
		for _, p := range ParseFatal(text) {
			count(p.Stack)
		}
		// No line is a frame of two reports of a kind.
		if frames > 3*(strings.Count(text, "\n")+1) {
			t.Errorf("%d frames from %d lines", frames, strings.Count(text, "\n"))
		}
	})
}
