//go:build linux

package gatefacts_test

import (
	"os"
	"testing"
)

// serviceGo is the program that is updated. Each variant replaces parts of it.
const serviceGo = `package main

import (
	"fmt"
	"os"
	"unsafe"
)

type state struct {
	Shard uint32
	Seq   uint64
	Limit int64
}

//go:noinline
func load(data []byte) *state {
	return (*state)(unsafe.Pointer(&data[0]))
}

//go:noinline
func work(n int) int {
	return n + limit
}

const limit = 10

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil || len(data) < int(unsafe.Sizeof(state{})) {
		os.Exit(1)
	}
	s := load(data)
	fmt.Println(s.Shard, s.Seq, work(int(s.Limit)))
}
`

// longBody is another body of work. It names nothing that the first does not.
const longBody = `for i := range n {
		switch {
		case n%7 == i%5:
			n = n*31 + i
		case n&1 == 0:
			n ^= i << 3
		default:
			n += n/3 - i*i
		}
	}
	return n + limit`

// cgoGo is a service whose C side calls back.
const cgoGo = `package main

// extern void goNote(long, char*);
// static void call(long n) { goNote(n, 0); }
import "C"

import "fmt"

//export goNote
func goNote(n C.long, text *C.char) {
	fmt.Println("note", n)
}

func main() {
	C.call(3)
}
`

// libGo needs a shared library.
const libGo = `package main

// #cgo LDFLAGS: -L${SRCDIR} -lhotvetpair
// int pair_value(void);
import "C"

import "fmt"

func main() {
	fmt.Println(C.pair_value())
}
`

// plainGo is libGo without the library.
const plainGo = `package main

// static int pair_value(void) { return 1; }
import "C"

import "fmt"

func main() {
	fmt.Println(C.pair_value())
}
`

// netGo has the C of package net alone.
const netGo = `package main

import (
	"fmt"
	"net"
)

func main() {
	fmt.Println(net.LookupHost("localhost"))
}
`

// A variant is one binary: a source text, how it is built, and what is done to the
// file then.
type variant struct {
	name    string
	source  string
	edits   []string // old, new, old, new, ...
	module  string   // example.test/svc if empty
	env     []string
	args    []string
	library string // version script of libhotvetpair.so that is linked
	after   func(t *testing.T, file string)
}

var variants = []variant{
	{name: "base", source: serviceGo},
	{name: "body", source: serviceGo, edits: []string{"return n + limit", longBody}},
	{name: "constant", source: serviceGo, edits: []string{"limit = 10", "limit = 11"}},
	{name: "field", source: serviceGo, edits: []string{"Seq   uint64", "Epoch uint64\n\tSeq   uint64"}},
	{name: "retyped", source: serviceGo, edits: []string{"Limit int64", "Limit float64"}},
	{name: "import", source: serviceGo, edits: []string{`"os"`, "\"os\"\n\t\"text/tabwriter\"", "fmt.Println(s.Shard", "tabwriter.NewWriter(os.Stdout, 0, 8, 0, ' ', 0).Flush()\n\tfmt.Println(s.Shard"}},
	{name: "other", source: serviceGo, module: "example.test/other"},
	{name: "nodebug", source: serviceGo, args: []string{"-ldflags=-s -w"}},
	{name: "stamped", source: serviceGo, edits: []string{"const limit", "var version = \"\"\n\nconst limit", "fmt.Println(", "fmt.Println(version, "}, args: []string{"-ldflags=-X main.version=v2"}},
	{name: "strip", source: serviceGo, after: strip},
	{name: "stripbody", source: serviceGo, edits: []string{"return n + limit", longBody}, after: strip},
	{name: "stripother", source: serviceGo, module: "example.test/other", after: strip},
	{name: "pie", source: serviceGo, args: []string{"-buildmode=pie"}},
	{name: "trimpath", source: serviceGo, args: []string{"-trimpath"}},
	{name: "trimbody", source: serviceGo, edits: []string{"return n + limit", longBody}, args: []string{"-trimpath"}},
	{name: "trimaddress", source: serviceGo, args: []string{"-trimpath", "-ldflags=-T=0x501000"}},
	{name: "trimcgo", source: cgoGo, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath"}},
	{name: "trimcgobody", source: cgoGo, edits: []string{"C.call(3)", "C.call(4)"}, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath"}},
	{name: "trimnet", source: netGo, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath"}},
	{name: "trimnetbody", source: netGo, edits: []string{"localhost", "localhost."}, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath"}},
	{name: "trimnetlinker", source: netGo, env: []string{"CGO_ENABLED=1"}, args: []string{"-trimpath", "-ldflags=-linkmode=external"}},
	{name: "tags", source: serviceGo, args: []string{"-tags=debug"}},
	{name: "gcflags", source: serviceGo, args: []string{"-gcflags=-N -l"}},
	{name: "nopermission", source: serviceGo, after: func(t *testing.T, file string) { must(t, os.Chmod(file, 0o644)) }},
	{name: "darwin", source: serviceGo, env: []string{"GOOS=darwin"}},
	{name: "arm64", source: serviceGo, env: []string{"GOARCH=arm64"}},
	{name: "race", source: serviceGo, env: []string{"CGO_ENABLED=1"}, args: []string{"-race"}},
	{name: "renamed", source: serviceGo, after: replaceBytes("\x00main.work\x00", "\x00main.wark\x00")},
	{name: "corrupt", source: serviceGo, after: corrupt},
	{name: "truncated", source: serviceGo, after: func(t *testing.T, file string) { must(t, os.Truncate(file, 100_000)) }},
	{name: "cgo", source: cgoGo, env: []string{"CGO_ENABLED=1"}},
	{name: "cgoflags", source: cgoGo, env: []string{"CGO_ENABLED=1", "CGO_CFLAGS=-O1"}},
	{name: "noexport", source: cgoGo, env: []string{"CGO_ENABLED=1"}, edits: []string{"//export goNote\n", "", "extern void goNote(long, char*);", "static void goNote(long n, char* s) {}"}},
	{name: "retypedexport", source: cgoGo, env: []string{"CGO_ENABLED=1"}, edits: []string{"goNote(long, char*)", "goNote(int, char*)", "n C.long", "n C.int"}},
	{name: "moreexport", source: cgoGo, env: []string{"CGO_ENABLED=1"}, edits: []string{"func main", "//export goMore\nfunc goMore() {}\n\nfunc main"}},
	{name: "plain", source: plainGo, env: []string{"CGO_ENABLED=1"}},
	{name: "nocgo", source: "package main\n\nfunc main() { println(1) }\n"},
	{name: "library", source: libGo, env: []string{"CGO_ENABLED=1"}},
	{name: "libraryhere", source: libGo, env: []string{"CGO_ENABLED=1", "CGO_LDFLAGS_ALLOW=.*"}, edits: []string{"-lhotvetpair", "-lhotvetpair -Wl,-rpath,$LIB"}, library: "PAIR_1"},
	{name: "version", source: libGo, env: []string{"CGO_ENABLED=1", "CGO_LDFLAGS_ALLOW=.*"}, edits: []string{"-lhotvetpair", "-lhotvetpair -Wl,-rpath,$LIB"}, library: "PAIR_2"},
	{name: "plugin", source: serviceGo, env: []string{"CGO_ENABLED=1"}, args: []string{"-buildmode=plugin"}},
}
