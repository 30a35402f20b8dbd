package sanitize

import (
	"strings"
	"testing"
)

const failing = `package main

import (
	"os"
	"unsafe"
)

type problem struct{ code int }

func (p *problem) Error() string { return "code\nof two lines" }

func (p *problem) raise() { panic(p) }

var bytes []byte

func main() {
	switch os.Args[1] {
	case "panic":
		(&problem{}).raise()
	case "again":
		defer func() { panic("second") }()
		panic("first")
	case "repanicked":
		defer func() { panic(recover()) }()
		panic("again")
	case "nil":
		var p *problem
		println(p.code)
	case "map":
		m := map[int]int{}
		go func() {
			for {
				m[1]++
			}
		}()
		for {
			m[2]++
		}
	case "asleep":
		<-make(chan int)
	case "checkptr":
		bytes = make([]byte, 8)
		println(len((*(*[64]int32)(unsafe.Pointer(&bytes[0])))[:]))
	case "fault":
		println(*(*int)(unsafe.Pointer(uintptr(len(os.Args)) << 44)))
	case "recovered":
		defer func() { println("served: panic:", recover() != nil) }()
		panic("x")
	}
}
`

func TestParseFatal(t *testing.T) {
	binary := compile(t, failing, false, "-gcflags=-d=checkptr")
	for _, test := range []struct {
		arg     string
		kind    Kind
		message string
		class   Class
		signal  string
		top     string
	}{
		{"panic", KindPanic, "code\nof two lines", ClassOther, "", "main.(*problem).raise main.go"},
		{"again", KindPanic, "second", ClassOther, "", "main.main.func1 main.go"},
		{"repanicked", KindPanic, "again", ClassOther, "", "main.main.func2 main.go"},
		{"nil", KindPanic, "nil pointer dereference", ClassFault, "SIGSEGV", "main.main main.go"},
		{"map", KindFatal, "concurrent map writes", ClassConcurrentMap, "", "main.main"},
		{"asleep", KindFatal, "all goroutines are asleep - deadlock!", ClassDeadlock, "", "main.main main.go"},
		{"checkptr", KindFatal, "checkptr: converted pointer straddles", ClassCheckptr, "", "main.main main.go"},
		{"fault", "", "", ClassFault, "SIGSEGV", "main.main main.go"},
	} {
		for _, traceback := range []string{"single", "system", "none"} {
			text, code := output(t, binary, test.arg, "GOTRACEBACK="+traceback)
			all := ParseFatal(text)
			if len(all) != 1 {
				t.Errorf("%s: %d ends from\n%s", test.arg, len(all), text)
				continue
			}
			f := all[0]
			if test.kind != "" && f.Kind != test.kind || !strings.Contains(f.Message, test.message) || f.Class != test.class || f.Signal != test.signal {
				t.Errorf("%s: got %+v from\n%s", test.arg, f, text)
			}
			// A fault of the run-time system has a trace whatever is asked for.
			if got := at(f.Top()); !strings.HasPrefix(got, test.top) && (traceback != "none" || f.Stack != nil) {
				t.Errorf("%s: top is %s, from\n%s", test.arg, got, text)
			}
			if !f.Explains(code, "") || f.Explains(0, "") || f.Explains(-1, "SIGKILL") || !f.Explains(-1, "SIGABRT") {
				t.Errorf("%s: exit code %d is not explained", test.arg, code)
			}
		}
	}
	if text, _ := output(t, binary, "recovered"); len(ParseFatal(text)) != 0 {
		t.Errorf("an end from\n%s", text)
	}
}

const badSignal = `package main

// static void write_to(long *p) { *p = 1; }
import "C"

func main() { C.write_to((*C.long)(nil)) }
`

func TestParseFatalInC(t *testing.T) {
	text, code := output(t, compile(t, badSignal, true), "")
	all := ParseFatal(text)
	if len(all) != 1 || !all[0].Explains(code, "") || all[0].Signal != "SIGSEGV" || all[0].Class != ClassFault {
		t.Errorf("exit code %d: got %+v from\n%s", code, all, text)
	}
}

// What stands behind an end without a trace is not its trace.
func TestParseFatalWithoutTrace(t *testing.T) {
	all := ParseFatal("panic: old\n\nnew process\ngoroutine 7 [running]:\nmain.f()\n\t/a.go:1 +0x1\nfatal error: x\nSIGTERM: stopping\n")
	if len(all) != 2 || all[0].Stack != nil || all[0].Message != "old" || all[1].Kind != KindFatal {
		t.Errorf("got %+v", all)
	}
}
