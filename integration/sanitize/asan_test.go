package sanitize

import (
	"testing"
)

const badC = `package main

/*
#include <stdlib.h>
struct conf { long a, b; };
static struct conf *create(void) { return malloc(sizeof(struct conf)); }
static long second(struct conf *c) { return c->b; }
static void destroy(struct conf *c) { free(c); }
static void over(char *p) { p[20] = 1; }
*/
import "C"

import (
	"os"
	"unsafe"
)

func main() {
	c := C.create()
	c.a = 1
	switch os.Args[1] {
	case "go":
		C.destroy(c)
		println(c.b)
	case "c":
		C.destroy(c)
		println(C.second(c))
	case "over":
		C.over((*C.char)(unsafe.Pointer(c)))
	case "twice":
		C.destroy(c)
		C.destroy(c)
	case "none":
		C.destroy(c)
	}
}
`

func TestParseASan(t *testing.T) {
	binary := compile(t, badC, true, "-asan")
	for _, test := range []struct {
		arg, kind, access, top string
		size                   uint64
		freed, allocated       bool
	}{
		{"go", "heap-use-after-free", "READ", "main.main main.go", 8, true, true},
		{"c", "heap-use-after-free", "READ", "second main.go", 8, true, true},
		{"over", "heap-buffer-overflow", "WRITE", "over main.go", 1, false, true},
		{"twice", "double-free", "", "", 0, true, true},
	} {
		text, code := output(t, binary, test.arg, "ASAN_OPTIONS=detect_leaks=0")
		reports := ParseASan(text)
		if len(reports) != 1 || code == 0 {
			t.Errorf("%s: exit code %d, %d reports from\n%s", test.arg, code, len(reports), text)
			continue
		}
		r := reports[0]
		if r.Kind != test.kind || r.Access != test.access || r.Size != test.size || r.Addr == 0 || len(r.Stack) == 0 ||
			(len(r.Freed) > 0) != test.freed || (len(r.Allocated) > 0) != test.allocated {
			t.Errorf("%s: got %+v from\n%s", test.arg, r, text)
		}
		// Where gcc keeps no frame pointers, a second free has no Go frame.
		if got := at(r.Top()); test.top != "" && got != test.top {
			t.Errorf("%s: top is %s", test.arg, got)
		}
	}
	if text, code := output(t, binary, "none", "ASAN_OPTIONS=detect_leaks=0"); len(ParseASan(text)) != 0 || code != 0 {
		t.Errorf("exit code %d, a report from\n%s", code, text)
	}
}

// Forms of other compilers and errors.
func TestParseASanText(t *testing.T) {
	const clang = `==7==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000008 (pc 0x1 bp 0x2 sp 0x3 T0)
==7==The signal is caused by a READ memory access.
    #0 0x4b2121 in ns::get(int, char) /home/me/a b/main.cc:7:12
    #1 0x4b2121 in main (/bin/prog+0x2121) (BuildId: 00)
    #2 0x4b2121 in gone (/bin/prog+0x2121)
SUMMARY: AddressSanitizer: SEGV main.cc:7 in get
==8==ERROR: AddressSanitizer: attempting free on address which was not malloc()-ed: 0x602000000030 in thread T0
    #0 0x1 in free ../../src/libsanitizer/asan/asan_malloc_linux.cpp:52
    #1 0x2 in drop main.c:9

Thread T1 created by T0 here:
    #0 0x3 in pthread_create x.c:1
==8==ABORTING
==9==ERROR: LeakSanitizer: detected memory leaks
`
	r := ParseASan(clang)
	if len(r) != 2 {
		t.Fatalf("got %+v", r)
	}
	if r[0].Kind != "SEGV" || r[0].Access != "READ" || r[0].Addr != 8 || len(r[0].Stack) != 3 ||
		r[0].Stack[0].Line != 7 || r[0].Stack[1].Func != "main" || r[0].Stack[1].File != "" {
		t.Errorf("got %+v", r[0])
	}
	if top, ok := r[1].Top(); r[1].Kind != "bad-free" || r[1].Addr != 0x602000000030 || !ok || top != (Frame{"drop", "main.c", 9}) || len(r[1].Stack) != 2 {
		t.Errorf("got %+v", r[1])
	}
}
