package symtab

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// program is built in several ways. Its first argument makes it answer the
// addresses on its standard input with what runtime.FuncForPC says.
const program = `
-- go.mod --
module example.test/prog

go 1.26
-- main.go --
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"

	yaml "example.test/prog/yaml.v3"
)

type ID int32

type inner struct {
	X uint8
	Y uint64
}

type counters struct {
	Shard ID
	// INSERT
	Slots [2]inner
	Seq   uint64
	Names map[string]int
	Err   error
}

type Pair[T any, U any] struct {
	A T
	B U
}

var (
	state counters
	plain Pair[int32, yaml.Node]
	own   Pair[ID, *inner]
)

//go:noinline
func first(n int) int {
	// BODY
	return n + len(os.Args)
}

//go:noinline
func second[T any](v T) string { return fmt.Sprint(v, first(1)) }

func main() {
	if len(os.Args) < 2 {
		fmt.Println(&state, &plain, &own, second(state), second(&plain), first(1))
		return
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, "%x main.first\n", reflect.ValueOf(first).Pointer())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var pc uintptr
		fmt.Sscanf(in.Text(), "%x", &pc)
		if f := runtime.FuncForPC(pc); f != nil {
			fmt.Fprintf(out, "%x %x %s\n", pc, f.Entry(), f.Name())
		} else {
			fmt.Fprintf(out, "%x 0\n", pc)
		}
	}
}
-- yaml.v3/node.go --
package yaml

type Node struct {
	Line int32
	Text string
}
`

// cgoFile makes the program one that is linked by the C linker.
const cgoFile = `package main

// static int twice(int n) { return 2 * n; }
import "C"

func init() { first(int(C.twice(1))) }
`

const (
	insertField = "// INSERT=>Inserted int64"
	changeBody  = "// BODY=>for i := range n { println(i, n*n, os.Getpid()) }"
	addImport   = "\"bufio\"=>\"bufio\"\n\t\"encoding/xml\""
	useImport   = "// BODY=>_, _ = xml.Marshal(n)"
)

// build builds the program with changes "old=>new" of main.go and returns the
// binary's path. The flag "cgo" adds a file in C, and
// "plugin" the package that loads plugins.
func build(t *testing.T, changes []string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	env := append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOPROXY=off")
	files := map[string]string{}
	for _, f := range txtar.Parse([]byte(program)).Files {
		files[f.Name] = string(f.Data)
	}
	for _, change := range changes {
		from, to, _ := strings.Cut(change, "=>")
		if !strings.Contains(files["main.go"], from) {
			t.Fatalf("main.go has no %q", from)
		}
		files["main.go"] = strings.ReplaceAll(files["main.go"], from, to)
	}
	if i := slices.Index(flags, "cgo"); i >= 0 {
		if _, err := exec.LookPath("gcc"); err != nil {
			t.Skip("gcc is needed to link with C")
		}
		flags = slices.Delete(slices.Clone(flags), i, i+1)
		files["c.go"] = cgoFile
		env = append(env, "CGO_ENABLED=1")
	}
	if i := slices.Index(flags, "plugin"); i >= 0 {
		flags = slices.Delete(slices.Clone(flags), i, i+1)
		files["plugin.go"] = "package main\n\nimport _ \"plugin\"\n"
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "prog")
	args := append([]string{"build", "-buildvcs=false", "-o", bin}, flags...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = dir
	cmd.Env = append(env, "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, bytes.TrimSpace(out))
	}
	return bin
}

func open(t *testing.T, path string) *Table {
	t.Helper()
	table, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return table
}
