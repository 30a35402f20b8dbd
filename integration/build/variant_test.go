package build

import (
	"bytes"
	"debug/elf"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const variantModule = `
-- go.mod --
module example.test/variant

go 1.26
-- a.go --
package main // first

import "fmt" // for main

const limit = 1 +
	2

type conf struct { // settings
	Name string
	*inner
	A, B int
}

type inner struct{}

type pair[K, V any] struct {
	Key K
	Val V
}

type empty (struct{})

func main() {
	c := conf{Name: "x"}
	fmt.Println(c.Name, limit, pair[int, string]{Key: 1}.Key, empty{})
}
-- b.go --
package main

import "unsafe"

type unkeyed struct{ A, B int }

var (
	u    = unkeyed{1, 2}
	size = unsafe.Sizeof(u)
)

func local() { type here struct{}; _ = here{} }

func other() { type here struct{}; _ = here{} }

type renamed conf

const (
	first = iota
	second
)
`

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sameLines fails t when out has not the lines of src.
func sameLines(t *testing.T, src, out []byte) {
	t.Helper()
	if got, want := bytes.Count(out, []byte("\n")), bytes.Count(src, []byte("\n")); got != want {
		t.Errorf("%d lines became %d:\n%s", want, got, out)
	}
}

func TestInsertFunction(t *testing.T) {
	dir := extract(t, variantModule)
	target, err := FindTarget(t.Context(), dir, nil, nil, ".")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := target.InsertFunction()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "a.go")
	if len(overlay) != 1 || overlay[file] == nil {
		t.Fatalf("got an overlay of %v", slices.Collect(maps.Keys(overlay)))
	}
	sameLines(t, read(t, file), overlay[file])
	b := NewBuilder(t.TempDir(), dir, nil)
	linux := []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"} // to read it as ELF
	address := make(map[string][]uint64)
	for _, o := range []map[string][]byte{nil, overlay} {
		binary, err := b.Build(t.Context(), Spec{Package: ".", Overlay: o, Env: linux})
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.Open(binary)
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := f.Symbols()
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		for _, s := range symbols {
			address[s.Name] = append(address[s.Name], s.Value)
		}
	}
	if a := address["main.hotvetInserted"]; len(a) != 1 {
		t.Errorf("the linker did not keep the function: %v", a)
	}
	if a := address["main.main"]; len(a) != 2 || a[0] == a[1] {
		t.Errorf("main.main did not move: %x", a)
	}
}

func TestVariantsAndSites(t *testing.T) {
	dir := extract(t, variantModule)
	file := filepath.Join(dir, "a.go")
	src := read(t, file)
	steps := []func([]byte) ([]byte, error){
		func(s []byte) ([]byte, error) { return InsertFunction(file, s) },
		func(s []byte) ([]byte, error) { return Insert(file, s, `_ "time"`, nil) },
		func(s []byte) ([]byte, error) { return InsertField(file, s, "conf", 0) },
		func(s []byte) ([]byte, error) { return InsertField(file, s, "inner", 14) },
		func(s []byte) ([]byte, error) { return InsertField(file, s, "pair", 0) },
		func(s []byte) ([]byte, error) { return InsertField(file, s, "empty", 0) },
		func(s []byte) ([]byte, error) { return ChangeConstant(file, s, "limit", "7") },
	}
	b := NewBuilder(t.TempDir(), dir, nil)
	for range 2 {
		out := src
		for _, step := range steps {
			var err error
			if out, err = step(out); err != nil {
				t.Fatal(err)
			}
		}
		sameLines(t, src, out)
		binary, err := b.Build(t.Context(), Spec{Package: ".", Overlay: map[string][]byte{file: out}})
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, binary); got != "x 7 1 {0}" {
			t.Errorf("got %q", got)
		}
		slices.Reverse(steps)
	}
}

func TestVariantsRefuse(t *testing.T) {
	dir := extract(t, variantModule)
	file := filepath.Join(dir, "b.go")
	src := read(t, file)
	field := func(name string, line int) error { _, err := InsertField(file, src, name, line); return err }
	constant := func(name, value string) error { _, err := ChangeConstant(file, src, name, value); return err }
	for want, err := range map[string]error{
		"declares no type absent":         field("absent", 0),
		"b.go:1 declares no type unkeyed": field("unkeyed", 1),
		"here on lines 12 and 14":         field("here", 0),
		"renamed is not declared":         field("renamed", 0),
		"second has no value of its own":  constant("second", "3"),
		"no constant or variable third":   constant("third", "3"),
		"is not an expression":            constant("first", "3; x"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := field("here", 12); err != nil {
		t.Error(err)
	}
	out, err := InsertField(file, src, "unkeyed", 0)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(t.TempDir(), dir, nil)
	_, err = b.Build(t.Context(), Spec{Package: ".", Overlay: map[string][]byte{file: out}})
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Output, "too few values") {
		t.Errorf("got %v", err)
	}
}

func TestMerge(t *testing.T) {
	a := map[string][]byte{"x": []byte("1"), "y": []byte("2")}
	got, err := Merge(a, nil, map[string][]byte{"y": []byte("2"), "z": nil})
	if err != nil || len(got) != 3 || len(a) != 2 {
		t.Errorf("got %v and %v", got, err)
	}
	if _, err := Merge(a, map[string][]byte{"y": []byte("3")}); err == nil || !strings.Contains(err.Error(), "y") {
		t.Errorf("got %v", err)
	}
}

// repository makes a git repository of files and commits them.
func repository(t *testing.T, archive string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git: no revision can be made")
	}
	dir := extract(t, archive)
	command(t, dir, "init", "-q", "-b", "trunk")
	commit(t, dir)
	return dir
}

func commit(t *testing.T, dir string) {
	t.Helper()
	command(t, dir, "add", "-A")
	command(t, dir, "-c", "user.name=x", "-c", "user.email=x@example.test", "commit", "-q", "-m", "x")
}

func command(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestCheckout(t *testing.T) {
	dir := repository(t, module+"-- .gitattributes --\ninner export-ignore\n")
	inner := filepath.Join(dir, "inner", "inner.go")
	if err := os.WriteFile(inner, []byte("package inner\n\nvar Word = \"changed\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, index := listing(t, dir), read(t, filepath.Join(dir, ".git", "index"))
	folder := filepath.Join(t.TempDir(), "old")
	old, err := Checkout(t.Context(), filepath.Join(dir, "inner"), "HEAD", folder)
	if err != nil {
		t.Fatal(err)
	}
	if old != filepath.Join(folder, "inner") || !strings.Contains(string(read(t, filepath.Join(old, "inner.go"))), "plain") {
		t.Errorf("got %s with\n%s", old, listing(t, folder))
	}
	if listing(t, dir) != before || !bytes.Equal(read(t, filepath.Join(dir, ".git", "index")), index) {
		t.Error("the user's tree changed")
	}
	if left := listing(t, filepath.Dir(folder)); strings.Contains(left, ".index") {
		t.Errorf("left behind: %s", left)
	}
	binary, err := NewBuilder(t.TempDir(), folder, nil).Build(t.Context(), Spec{Package: "."})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, binary); got != "plain" {
		t.Errorf("got %q", got)
	}
}

func TestCheckoutRefuses(t *testing.T) {
	dir := repository(t, module)
	command(t, dir, "branch", "inner")
	for rev, want := range map[string]string{
		"absent":   "neither a folder nor a commit",
		"--output": "neither a folder nor a git revision",
		"":         "neither a folder nor a git revision",
		"inner":    "write ./inner",
	} {
		folder := filepath.Join(t.TempDir(), "new")
		if _, err := Checkout(t.Context(), dir, rev, folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", rev, err, want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%q: the folder was made", rev)
		}
	}
	for _, rev := range []string{"./inner", filepath.Join(dir, "inner"), "broken"} {
		got, err := Checkout(t.Context(), dir, rev, filepath.Join(t.TempDir(), "new"))
		if want := filepath.Join(dir, filepath.Base(rev)); err != nil || got != want {
			t.Errorf("%s: got %s and %v", rev, got, err)
		}
	}
	if _, err := Checkout(t.Context(), t.TempDir(), "HEAD", filepath.Join(t.TempDir(), "new")); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("outside a repository: got %v", err)
	}
}

func TestCheckoutSubmodule(t *testing.T) {
	dir := repository(t, module)
	part := repository(t, "-- part.txt --\none\n")
	command(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part, "part")
	commit(t, dir)
	present := filepath.Join(dir, "part", "part.txt")
	if err := os.WriteFile(present, []byte("dirty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "new")
	if _, err := Checkout(t.Context(), dir, "trunk", folder); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(folder, "part", "part.txt")); string(got) != "one\n" {
		t.Errorf("got %q", got)
	}
	commit(t, filepath.Join(dir, "part"))
	commit(t, dir)
	// The commit that the revision names is gone.
	command(t, filepath.Join(dir, "part"), "reset", "-q", "--hard", "HEAD~1")
	command(t, filepath.Join(dir, "part"), "reflog", "expire", "--expire=now", "--all")
	command(t, filepath.Join(dir, "part"), "gc", "-q", "--prune=now")
	if _, err := Checkout(t.Context(), dir, "trunk", filepath.Join(t.TempDir(), "new")); err == nil || !strings.Contains(err.Error(), "submodule part") {
		t.Errorf("got %v", err)
	}
}
