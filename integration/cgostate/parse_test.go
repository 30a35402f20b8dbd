package cgostate_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/cgostate"
)

// Texts of real programs, printed by Go 1.26 on linux/amd64: runtime.Stack of the
// test program's arrangement "dark", and what SIGQUIT prints with GOTRACEBACK=system,
// of a program with three callbacks in flight on two goroutines, one of
// them 150 calls deep, and one goroutine in pause(2).
func TestParseRealTexts(t *testing.T) {
	for name, want := range map[string]struct {
		total, inC, locked int
		callbacks          map[string]int
	}{
		"go1.26_stack.txt": {total: 9, inC: 2, locked: 6, callbacks: map[string]int{"main.cgotestCallback": 6}},
		"go1.26_crash.txt": {total: 9, inC: 1, locked: 2, callbacks: map[string]int{"main.goStep": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cgostate.ParseStacks(strings.NewReader(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			if got.Total != want.total || got.InC() != want.inC || got.Locked() != want.locked || got.Hidden != 0 {
				t.Errorf("total %d, in C %d, locked %d, hidden %d; want %+v", got.Total, got.InC(), got.Locked(), got.Hidden, want)
			}
			if !maps.Equal(got.Callbacks(), want.callbacks) {
				t.Errorf("callbacks %v, want %v", got.Callbacks(), want.callbacks)
			}
			// Windows line ends, as a text that was mailed has them.
			mailed, err := cgostate.ParseStacks(strings.NewReader(strings.ReplaceAll(string(text), "\n", "\r\n")))
			if err != nil || !maps.Equal(mailed.Callbacks(), want.callbacks) {
				t.Errorf("with CRLF: %v, %v", mailed.Callbacks(), err)
			}
		})
	}
}

func TestParseForms(t *testing.T) {
	const place = "\n\t/src/a.go:1 +0x1\n"
	for name, test := range map[string]struct {
		text      string
		inC       int
		locked    int
		hidden    int
		callbacks string
	}{
		"labels":                  {text: "goroutine 5 [syscall, locked to thread labels:{\"a\": \"b]:\"}]:\nmain._Cfunc_f()" + place, inC: 1, locked: 1},
		"waits for minutes":       {text: "goroutine 5 [syscall, 7 minutes, locked to thread]:\nmain._C2func_f(0x1)" + place, inC: 1, locked: 1},
		"system call is not C":    {text: "goroutine 5 [syscall]:\nsyscall.Syscall(0x1)" + place},
		"C.CString in malloc":     {text: "goroutine 5 [syscall]:\nmain._cgo_cmalloc(0x1)" + place + "main._Cfunc__CMalloc(...)" + place + "main.f()" + place + "created by main.g in goroutine 1" + place, inC: 1},
		"Go half of a stub":       {text: "goroutine 5 [runnable]:\nmain._Cfunc_GoString()" + place + "main.f()" + place},
		"main locked, no C":       {text: "goroutine 1 [select, locked to thread]:\nmain.main()" + place, locked: 1},
		"created, locked, no C":   {text: "goroutine 7 [select, locked to thread]:\nmain.f()" + place + "created by main.main in goroutine 1" + place, locked: 1},
		"thread of C":             {text: "goroutine 17 [select, locked to thread]:\nmain.cb()" + place, locked: 1, callbacks: "main.cb"},
		"method name of generics": {text: "goroutine 17 [select, locked to thread]:\nmain.(*T[...]).Cb(0x1, {0x2, 0x3})" + place, locked: 1, callbacks: "main.(*T[...]).Cb"},
		"callback in C again":     {text: "goroutine 9 [syscall, locked to thread]:\nmain._Cfunc_g()" + place + "main.cb()" + place + "main._Cfunc_f()" + place + "main.x()" + place + "created by main.main" + place, inC: 1, locked: 1, callbacks: "main.cb"},
		"hidden":                  {text: "goroutine 9 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.main in goroutine 1" + place, hidden: 1},
		"with a symbolizer":       {text: "goroutine 9 [select, locked to thread]:\nmain.cb()" + place + "c_step\n\t/src/c.c:7 pc=0x12\nnon-Go function\n\tpc=0x34\nmain._Cfunc_f()" + place + "main.x()" + place + "created by main.main" + place, locked: 1, callbacks: "main.cb"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cgostate.ParseStacks(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{}
			if test.callbacks != "" {
				want[test.callbacks] = 1
			}
			if got.Total != 1 || got.InC() != test.inC || got.Locked() != test.locked || got.Hidden != test.hidden || !maps.Equal(got.Callbacks(), want) {
				t.Errorf("got %+v, callbacks %v", got, got.Callbacks())
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":             {"", "no goroutine"},
		"debug=1":           {"goroutine profile: total 3\n1 @ 0x1\n", "line 1: not the head"},
		"html":              {"<html>\n<body>not found</body>\n", "no goroutine"},
		"cut after a name":  {"goroutine 1 [running]:\nmain.main()\n", "ends inside a frame"},
		"cut in a place":    {"goroutine 1 [running]:\nmain.main()\n\t/src/ma", "line 3: not the place"},
		"cut in a header":   {"goroutine 1 [runn", "line 1: not the head"},
		"place alone":       {"goroutine 1 [running]:\n\t/src/main.go:1\n", "a place without a function"},
		"two names":         {"goroutine 1 [running]:\nmain.main()\nmain.f()\n", "line 3: not the place"},
		"number too large":  {"goroutine 99999999999999999999 [running]:\n", "goroutine number"},
		"line too large":    {"goroutine 1 [running]:\nmain.main()\n\t/a.go:99999999999999999999\n", "line number"},
		"address too large": {"goroutine 1 [running]:\nnon-Go function at pc=0x11112222333344445\n", "address"},
		"endless line":      {"goroutine 1 [" + strings.Repeat("x", 2<<20), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := cgostate.ParseStacks(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, report %+v, want %q", err, report, test.want)
			}
		})
	}
}

func FuzzParseStacks(f *testing.F) {
	for _, name := range []string{"go1.26_stack.txt", "go1.26_crash.txt"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		report, err := cgostate.ParseStacks(strings.NewReader(text))
		if err != nil {
			return
		}
		if report.Total < 1 || len(report.Goroutines)+report.Hidden > report.Total {
			t.Errorf("%d goroutines and %d hidden of %d", len(report.Goroutines), report.Hidden, report.Total)
		}
		if unrecorded := report.Unrecorded(); unrecorded < 0 {
			t.Errorf("%d callbacks unrecorded", unrecorded)
		}
	})
}
