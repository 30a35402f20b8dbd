package symplot

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// program writes what is recorded of it: a goroutine profile in each form and a
// heap profile to the folder in its argument, and the trace of a panic to stderr.
const program = `package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	// IMPORT
)

type box[T any] struct{ v T }

//go:noinline
func (b box[T]) run(f func()) { f(); fmt.Println(b.v) }

//go:noinline
func deep(n int, end func()) {
	// BODY
	if n == 0 {
		end()
		return
	}
	deep(n-1, end)
}

func inlined(end func()) { deep(2, end) }

func write(name, kind string, debug int) {
	f, err := os.Create(os.Args[1] + "/" + name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if err := pprof.Lookup(kind).WriteTo(f, debug); err != nil {
		panic(err)
	}
}

func main() {
	done := make(chan int)
	go func() {
		box[int]{1}.run(func() {
			inlined(func() {
				write("debug1", "goroutine", 1)
				write("debug2", "goroutine", 2)
				write("pprof", "goroutine", 0)
			})
		})
		close(done)
	}()
	<-done
	inlined(func() { panic("on purpose") })
}
`

const (
	changeBody = "// BODY=>if n > 5 { fmt.Println(n, os.Getpid(), len(os.Args)) }"
	addImport  = "// IMPORT=>\"encoding/xml\"\n// BODY=>if n > 5 { fmt.Println(xml.Marshal(n)) }"
)

// build builds the program with changes "old=>new" of its text, one a line.
func build(t *testing.T, change string, flags ...string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a Linux binary is run")
	}
	dir := t.TempDir()
	text := program
	for line := range strings.Lines(change) {
		from, to, _ := strings.Cut(line, "=>")
		if !strings.Contains(text, from) {
			t.Fatalf("the program has no %q", from)
		}
		text = strings.ReplaceAll(text, from, to)
	}
	for name, data := range map[string]string{"go.mod": "module example.test/prog\n\ngo 1.26\n", "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append(append([]string{"build", "-buildvcs=false", "-o", "prog"}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "prog")
}

// records runs the program and returns what was recorded of it, by name.
func records(t *testing.T, path string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	got := make(map[string][]byte)
	for _, level := range []string{"single", "system"} {
		cmd := exec.Command(path, dir)
		cmd.Env = append(os.Environ(), "GOTRACEBACK="+level)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "on purpose") {
			t.Fatalf("the program did not panic: %v, %s", err, &stderr)
		}
		got["panic "+level] = stderr.Bytes()
	}
	for _, name := range []string{"debug1", "debug2", "pprof"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = data
	}
	return got
}
