//go:build linux

package gatefacts_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/gatefacts"
	"github.com/hotvet/hotvet/integration/symtab"
)

var update = flag.Bool("update", false, "rewrite testdata/gate/pairs.md, and with -releases=all releases.md")

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

// A pair is one update.
type pair struct {
	change   string
	old, new string // variants, or text, folder
	asked    string // "cast": a finding names main.state; "policy": the policy does; "address": addresses leave
	deny     []string
	recipe   string // what the hash of nm's third column says
	wrong    bool   // the recipe approves what must not happen
	named    bool   // so does a comparison of the functions' names
}

var pairs = []pair{
	{change: "the same file", old: "base", new: "base", recipe: "allow"},
	{change: "function body", old: "base", new: "body", recipe: "allow"},
	{change: "function body, code addresses persisted", old: "base", new: "body", asked: "address", deny: []string{"symbols/moves"}, recipe: "allow", wrong: true, named: true},
	{change: "constant", old: "base", new: "constant", recipe: "allow"},
	{change: "field inserted, cast from file bytes", old: "base", new: "field", asked: "cast", deny: []string{"layout/main.state"}, recipe: "allow", wrong: true, named: true},
	{change: "field inserted, type in no outside bytes", old: "base", new: "field", recipe: "allow"},
	{change: "field retyped, named by the policy", old: "base", new: "retyped", asked: "policy", deny: []string{"layout/main.state"}, recipe: "allow", wrong: true, named: true},
	{change: "import added", old: "base", new: "import", recipe: "deny"},
	{change: "import added, code addresses persisted", old: "base", new: "import", asked: "address", deny: []string{"symbols/moves"}, recipe: "deny", named: true},
	{change: "version stamped with -X", old: "base", new: "stamped", recipe: "deny"},
	{change: "-ldflags=-s -w", old: "base", new: "nodebug", recipe: "deny"},
	{change: "-ldflags=-s -w, type cast", old: "base", new: "nodebug", asked: "cast", deny: []string{"layout/main.state"}, recipe: "deny", named: true},
	{change: "both stripped, function body", old: "strip", new: "stripbody", recipe: "allow"},
	{change: "both stripped, function body, code addresses persisted", old: "strip", new: "stripbody", asked: "address", deny: []string{"symbols/moves"}, recipe: "allow", wrong: true, named: true},
	{change: "both stripped, another program", old: "strip", new: "stripother", deny: []string{"build/path"}, recipe: "allow", wrong: true, named: true},
	{change: "strip, type cast", old: "base", new: "strip", asked: "cast", deny: []string{"layout/main.state"}, recipe: "deny", named: true},
	{change: "another program of the same source", old: "base", new: "other", deny: []string{"build/path"}, recipe: "allow", wrong: true, named: true},
	{change: "-buildmode=pie", old: "base", new: "pie", deny: []string{"build/mode"}, recipe: "deny", named: true},
	{change: "-trimpath", old: "base", new: "trimpath", deny: []string{"build/flags"}, recipe: "deny", named: true},
	{change: "both -trimpath, function body", old: "trimpath", new: "trimbody", recipe: "allow"},
	{change: "both -trimpath, -ldflags=-T", old: "trimpath", new: "trimaddress", deny: []string{"build/flags"}, recipe: "allow", wrong: true, named: true},
	{change: "both -trimpath, C of the program", old: "trimcgo", new: "trimcgobody", deny: []string{"build/cgoflags"}, recipe: "deny", named: true},
	{change: "both -trimpath, C of package net alone", old: "trimnet", new: "trimnetbody", recipe: "allow"},
	{change: "both -trimpath, -ldflags=-linkmode=external", old: "trimnet", new: "trimnetlinker", deny: []string{"build/flags", "build/cgoflags"}, recipe: "deny"},
	{change: "-tags", old: "base", new: "tags", deny: []string{"build/tags"}, recipe: "allow", wrong: true, named: true},
	{change: "-gcflags=-N -l", old: "base", new: "gcflags", deny: []string{"build/flags"}, recipe: "deny", named: true},
	{change: "GOARCH=arm64", old: "base", new: "arm64", deny: []string{"build/goarch", "symbols/moves"}, recipe: "deny"},
	{change: "-race", old: "base", new: "race", deny: []string{"build/instrumentation", "cgo/enabled"}, recipe: "deny"},
	{change: "cgo off to on", old: "nocgo", new: "plain", deny: []string{"cgo/enabled"}, recipe: "deny"},
	{change: "cgo on to off", old: "plain", new: "nocgo", deny: []string{"cgo/enabled"}, recipe: "deny"},
	{change: "CGO_CFLAGS", old: "cgo", new: "cgoflags", deny: []string{"build/cgoflags"}, recipe: "deny", named: true},
	{change: "export removed", old: "cgo", new: "noexport", deny: []string{"cgo/exports"}, recipe: "deny"},
	{change: "export retyped", old: "cgo", new: "retypedexport", deny: []string{"cgo/signatures"}, recipe: "deny", named: true},
	{change: "export added", old: "cgo", new: "moreexport", recipe: "deny"},
	{change: "shared library that this host lacks", old: "plain", new: "library", deny: []string{"cgo/libraries"}, recipe: "deny", named: true},
	{change: "shared library that this host has", old: "libraryhere", new: "libraryhere", recipe: "allow"},
	{change: "shared library without the version", old: "libraryhere", new: "version", deny: []string{"cgo/libraries"}, recipe: "deny", named: true},
	{change: "ELF symbol renamed", old: "base", new: "renamed", deny: []string{"symbols/new"}, recipe: "deny", named: true},
	{change: "corrupted file", old: "base", new: "corrupt", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "truncated file", old: "base", new: "truncated", deny: []string{"file/new"}, recipe: "deny"},
	{change: "text file", old: "base", new: "text", deny: []string{"file/new"}, recipe: "deny"},
	{change: "text file, OLD stripped", old: "strip", new: "text", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "a folder, OLD stripped", old: "strip", new: "folder", deny: []string{"file/new"}, recipe: "allow", wrong: true},
	{change: "a plugin", old: "base", new: "plugin", deny: []string{"build/program"}, recipe: "deny"},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func strip(t *testing.T, file string) {
	if out, err := exec.Command("strip", file).CombinedOutput(); err != nil {
		t.Fatalf("strip: %v\n%s", err, out)
	}
}

// replaceBytes changes one name of the symbol table.
func replaceBytes(old, new string) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		data, err := os.ReadFile(file)
		must(t, err)
		at := bytes.LastIndex(data, []byte(old)) // .strtab stands at the end
		if at < 0 {
			t.Fatalf("%q is not in %s", old, file)
		}
		copy(data[at:], new)
		must(t, os.WriteFile(file, data, 0o777))
	}
}

// corrupt damages the Go line table: its count of functions. The ELF symbols stay.
func corrupt(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	must(t, err)
	at := bytes.Index(data, []byte("\xf1\xff\xff\xff\x00\x00\x01\x08"))
	if at < 0 {
		t.Fatal("no line table")
	}
	copy(data[at+8:], "\xff\xff\xff\xff\xff\xff\xff\x7f")
	must(t, os.WriteFile(file, data, 0o777))
}

// build makes all variants, two at a time, each at a path of its own.
func build(t *testing.T) map[string]string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{"folder": filepath.Join(root, "folder"), "text": filepath.Join(root, "text")}
	must(t, os.Mkdir(files["folder"], 0o777))
	must(t, os.WriteFile(files["text"], []byte("#!/bin/sh\necho no binary\n"), 0o777))
	var group sync.WaitGroup
	slots := make(chan bool, 2)
	for _, v := range variants {
		// One folder name for all keeps the paths in the binaries as long.
		dir := filepath.Join(root, v.name)
		files[v.name] = filepath.Join(dir, "svc")
		group.Go(func() {
			slots <- true
			defer func() { <-slots }()
			v.build(t, dir)
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, v := range variants {
		if v.after != nil {
			v.after(t, files[v.name])
		}
	}
	return files
}

// build runs the go command. It must not end the test, as it runs beside it.
func (v variant) build(t *testing.T, dir string) {
	lib := filepath.Join(dir, "lib")
	text := strings.NewReplacer(v.edits...).Replace(v.source)
	text = strings.ReplaceAll(text, "$LIB", lib)
	for _, err := range []error{
		os.MkdirAll(lib, 0o777),
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+cmp.Or(v.module, "example.test/svc")+"\n\ngo 1.26\n"), 0o666),
		os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o666),
	} {
		if err != nil {
			t.Error(err)
			return
		}
	}
	if strings.Contains(text, "lhotvetpair") {
		if err := makeLibrary(dir, dir, cmp.Or(v.library, "PAIR_1")); err != nil {
			t.Error(err)
			return
		}
	}
	cmd := exec.Command("go", append([]string{"build", "-o", "svc"}, append(v.args, ".")...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOTOOLCHAIN=local", "CGO_CFLAGS=-O2 -g", "PWD="+dir)
	cmd.Env = append(cmd.Env, v.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", v.name, err, out)
	}
	if v.library != "" {
		// The host has the first version, whatever NEW was linked with.
		if err := makeLibrary(dir, lib, "PAIR_1"); err != nil {
			t.Error(err)
		}
	}
}

// makeLibrary makes libhotvetpair.so with one symbol of that version.
func makeLibrary(source, to, version string) error {
	c, script := filepath.Join(source, "pair.txt"), filepath.Join(source, "pair.map")
	if err := os.WriteFile(c, []byte("int pair_value(void) { return 1; }\n"), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(script, []byte(version+" { global: pair_value; local: *; };\n"), 0o666); err != nil {
		return err
	}
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-x", "c", "-o", filepath.Join(to, "libhotvetpair.so"), "-Wl,--version-script="+script, c).CombinedOutput()
	if err != nil {
		return fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return nil
}

// recipe is nm -n FILE | awk '{print $3}' | sha256sum: awk prints the third field, or
// nothing, and only the last command's exit status counts.
func recipe(file string) string {
	out, _ := exec.Command("nm", "-n", file).Output()
	h := sha256.New()
	for line := range strings.Lines(string(out)) {
		field := strings.Fields(line)
		name := ""
		if len(field) > 2 {
			name = field[2]
		}
		fmt.Fprintln(h, name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameNames reports whether every function of one binary is in the other by name, as
// a comparison of symbol lists sees it. Packages of C have a hash in their names, which
// such a comparison leaves out, or it would approve nothing.
func sameNames(old, new string) bool {
	a, err := symtab.Open(old)
	if err != nil {
		return false
	}
	b, err := symtab.Open(new)
	if err != nil {
		return false
	}
	names := make(map[string]bool)
	for _, f := range b.Funcs {
		names[cgoHash.ReplaceAllString(f.Name, "")] = true
	}
	for _, f := range a.Funcs {
		if !names[cgoHash.ReplaceAllString(f.Name, "")] {
			return false
		}
	}
	return true
}

var cgoHash = regexp.MustCompile(`_[0-9a-f]{12}_`)

const pairPolicy = "version: 1\nallow_unknown:\n  - {check: build/source, reason: the tests build outside of a repository, expires: 2026-12-31}\n"

// decide judges one pair.
func decide(t *testing.T, p pair, files map[string]string) *finding.Decision {
	t.Helper()
	text := pairPolicy
	o := gatefacts.Options{
		Old: files[p.old], New: files[p.new], Given: true, Dir: filepath.Dir(files[p.old]),
		Time: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	switch p.asked {
	case "cast":
		o.Findings = append(o.Findings, at("structcast", "structcast/file", "return (*state)", 9, "(*state)(unsafe.Pointer(&data[0]))"))
	case "address":
		o.Findings = append(o.Findings, at("addrpersist", "addrpersist/code", "return n + limit", 2, "return"))
	case "policy":
		text += "layout: {types: [main.state]}\n"
		o.Types = []string{"main.state"}
	}
	policy, err := gate.ParsePolicy([]byte(text))
	must(t, err)
	facts, err := gatefacts.Read(context.Background(), o)
	must(t, err)
	return gate.Decide(facts, policy)
}

// at is a finding at a line of the service.
func at(analyzer, category, line string, column int, span string) *finding.Finding {
	n := 1 + strings.Count(serviceGo[:strings.Index(serviceGo, line)], "\n")
	posn := finding.Position{File: "main.go", Line: n, Column: column}
	end := posn
	end.Column += len(span)
	return &finding.Finding{ID: category, Analyzer: analyzer, Category: category, Package: "example.test/svc", Posn: posn, End: end}
}

// TestPairs builds every update and holds the decision, beside what the recipe of
// hashing nm's names says. The table is kept in testdata/gate/pairs.md.
func TestPairs(t *testing.T) {
	for _, tool := range []string{"gcc", "nm", "strip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is needed to make the binaries: %v", tool, err)
		}
	}
	files := build(t)
	table := new(strings.Builder)
	table.WriteString(pairsHead)
	wrong, byName := 0, 0
	for _, p := range pairs {
		d := decide(t, p, files)
		want := finding.Allow
		if len(p.deny) > 0 {
			want = finding.Deny
		}
		var deny []string
		for _, row := range d.Rows {
			if row.Result == finding.Fail || row.Result == finding.Unknown && row.Check != "build/source" {
				deny = append(deny, row.Check)
			}
		}
		slices.Sort(deny)
		if wantDeny := slices.Sorted(slices.Values(p.deny)); d.Result != want || !slices.Equal(deny, wantDeny) {
			t.Errorf("%s: %s by %q, want %s by %q\n%v", p.change, d.Result, deny, want, wantDeny, d.Rows)
		}
		said := finding.Deny
		if recipe(files[p.old]) == recipe(files[p.new]) {
			said = finding.Allow
		}
		if said != p.recipe {
			t.Errorf("%s: the recipe says %s, want %s", p.change, said, p.recipe)
		}
		if isWrong := said == finding.Allow && d.Result == finding.Deny; isWrong != p.wrong {
			t.Errorf("%s: the recipe approves what the gate denies: %v, want %v", p.change, isWrong, p.wrong)
		}
		names := finding.Deny
		if sameNames(files[p.old], files[p.new]) {
			names = finding.Allow
		}
		if isWrong := names == finding.Allow && d.Result == finding.Deny; isWrong != p.named {
			t.Errorf("%s: the names approve what the gate denies: %v, want %v", p.change, isWrong, p.named)
		}
		if p.wrong {
			wrong++
		}
		if p.named {
			byName++
		}
		fmt.Fprintf(table, "| %s | %s | %s | %s | %s | %s |\n", p.change, asked(p.asked), d.Result, reasons(d, files), mark(said, d.Result), mark(names, d.Result))
	}
	fmt.Fprintf(table, "\nOf %d updates, the recipe approves %d that are denied, and a comparison by name %d.\n", len(pairs), wrong, byName)
	compare(t, filepath.Join("..", "..", "testdata", "gate", "pairs.md"), table.String())
}

const pairsHead = `# What the gate says of an update, and what a hash of names says

Made by the test TestPairs in integration/gatefacts, which builds every pair from source
(go test ./integration/gatefacts -run TestPairs -update). The recipe is
` + "`nm -n FILE | awk '{print $3}' | sha256sum`" + `, and it allows when both hashes are equal.
By name means: allow when every function of OLD is in NEW by its name. Numbers in reasons, which a new toolchain changes, are N.

| change | asked with | gate | denied because | recipe | by name |
|---|---|---|---|---|---|
`

func asked(how string) string {
	return map[string]string{"": "", "cast": "a structcast finding", "address": "an addrpersist finding", "policy": "layout: types"}[how]
}

// mark tells when the recipe is wrong.
func mark(said, decision string) string {
	switch {
	case said == decision:
		return said
	case said == finding.Allow:
		return "**allow**, wrong"
	}
	return "deny, needlessly"
}

var digits = regexp.MustCompile(`\b(0x[0-9a-f]+|\d+(\.\d+)?)\b`)

// reasons tells the rows that deny, without what differs between machines.
func reasons(d *finding.Decision, files map[string]string) string {
	var list []string
	for _, row := range d.Rows {
		if row.Result == finding.Pass || row.Check == "build/source" {
			continue
		}
		reason := row.Reason
		for name, file := range files {
			reason = strings.ReplaceAll(reason, file, name)
			reason = strings.ReplaceAll(reason, filepath.Join(filepath.Dir(file), "lib"), "lib")
		}
		if strings.HasPrefix(row.Check, "symbols/") || strings.HasPrefix(row.Check, "file/") {
			reason = digits.ReplaceAllString(reason, "N")
		}
		list = append(list, fmt.Sprintf("%s %s: %s", row.Check, map[string]string{finding.Fail: "fails", finding.Unknown: "is unknown"}[row.Result], reason))
	}
	return strings.ReplaceAll(strings.Join(list, "<br>"), "|", `\|`)
}

// compare holds a text against a file that is kept.
func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o666))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if string(want) != got {
		t.Errorf("%s is stale; -update rewrites it. Got:\n%s", path, got)
	}
}
