package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const module = `
-- go.mod --
module example.test/prog

go 1.26
-- main.go --
package main

import "example.test/prog/inner"

func main() {
	println(inner.Word)
}
-- inner/inner.go --
package inner

var Word = "plain"
-- broken/main.go --
package main

func main() { undefined() }
-- tagged/main.go --
//go:build special

package main

func main() {}
`

// extract writes a module into a new folder and returns it, free of links.
func extract(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listing names all files below dir.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func run(t *testing.T, binary string) string {
	t.Helper()
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestBuild(t *testing.T) {
	dir := extract(t, module)
	before := listing(t, dir)
	b := NewBuilder(t.TempDir(), dir, nil)
	plain, err := b.Build(t.Context(), Spec{Package: "example.test/prog"})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, plain); got != "plain" {
		t.Errorf("got %q", got)
	}
	if filepath.Base(plain) != "prog" {
		t.Errorf("the binary is called %s", plain)
	}
	overlaid, err := b.Build(t.Context(), Spec{Package: ".", Overlay: map[string][]byte{
		filepath.Join(dir, "inner", "inner.go"): []byte("package inner\n\nimport \"example.test/prog/added\"\n\nvar Word = added.Word\n"),
		filepath.Join(dir, "added", "added.go"): []byte("package added\n\nvar Word = \"overlaid\"\n"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, overlaid); got != "overlaid" {
		t.Errorf("got %q", got)
	}
	linked, err := b.Build(t.Context(), Spec{Package: "./", LDFlags: []string{"-s", "-X=example.test/prog/inner.Word=linked"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, linked); got != "linked" {
		t.Errorf("got %q", got)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the source tree changed from\n%s\nto\n%s", before, after)
	}
}

func TestBuildOnce(t *testing.T) {
	dir := extract(t, module)
	b := NewBuilder(t.TempDir(), dir, nil)
	spec := Spec{Package: ".", LDFlags: []string{"-s"}}
	first, err := b.Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Build(t.Context(), Spec{Package: ".", LDFlags: []string{"-s"}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.Stat(second)
	if err != nil {
		t.Fatal(err)
	}
	if first != second || !os.SameFile(info, again) || !info.ModTime().Equal(again.ModTime()) {
		t.Error("an equal spec was built again")
	}
	other, err := b.Build(t.Context(), Spec{Package: "."})
	if err != nil {
		t.Fatal(err)
	}
	if other == first {
		t.Error("another spec has the same binary")
	}
}

func TestBuildFails(t *testing.T) {
	b := NewBuilder(t.TempDir(), extract(t, module), nil)
	_, err := b.Build(t.Context(), Spec{Package: "./broken"})
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("got %v", err)
	}
}

func TestBuildCancelled(t *testing.T) {
	b := NewBuilder(t.TempDir(), extract(t, module), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Build(ctx, Spec{Package: "."}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Build(t.Context(), Spec{Package: "."}); err != nil {
		t.Errorf("a cancelled build is not tried again: %v", err)
	}
}

func TestBuildStopsInTime(t *testing.T) {
	// A compiler that never ends stands for a build that takes long.
	dir := extract(t, module)
	tool := filepath.Join(t.TempDir(), "slow")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\ncase \"$*\" in *-V=full*) exec \"$@\";; esac\nexec sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(t.TempDir(), dir, append(os.Environ(), "GOFLAGS=-toolexec="+tool))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := b.Build(ctx, Spec{Package: "."})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 8*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestFindTarget(t *testing.T) {
	dir := extract(t, module)
	got, err := FindTarget(t.Context(), dir, nil, nil, ".")
	if err != nil {
		t.Fatal(err)
	}
	if got.ImportPath != "example.test/prog" || got.Dir != dir || got.ModuleDir != dir || got.Module != "example.test/prog" ||
		strings.Join(got.Packages, " ") != "example.test/prog example.test/prog/inner" {
		t.Errorf("got %+v", got)
	}
	for file, want := range map[string]bool{
		filepath.Join(dir, "inner", "inner.go"):        true,
		filepath.Join(dir, "vendor", "other", "x.go"):  false,
		filepath.Join(filepath.Dir(dir), "outside.go"): false,
		filepath.Join(dir+"more", "x.go"):              false,
	} {
		if got.Owns(file) != want {
			t.Errorf("Owns(%s) = %v", file, !want)
		}
	}
	if _, err := FindTarget(t.Context(), dir, nil, []string{"special"}, "./tagged"); err != nil {
		t.Errorf("with its tag: %v", err)
	}
	for pattern, want := range map[string]string{
		"./inner":   "is package inner, not a program",
		"./missing": "missing",
		"./...":     "want one main package",
		"./tagged":  "build constraints exclude all Go files",
		"cmd/gofmt": "not in the main module",
		"main.go":   "is a file: name the folder",
	} {
		if _, err := FindTarget(t.Context(), dir, nil, nil, pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
	if _, err := FindTarget(t.Context(), t.TempDir(), nil, nil, "."); err == nil || !strings.HasPrefix(err.Error(), ".: go: ") {
		t.Errorf("without a module: got %v", err)
	}
}

// TestCheckHost says what is missing before anything is built.
func TestCheckHost(t *testing.T) {
	dir := extract(t, module)
	for _, test := range []struct{ dir, env, want string }{
		{dir, "GOFLAGS=", ""},
		{dir, "GOOS=plan9", "GOOS is plan9"},
		{t.TempDir(), "GOFLAGS=", "there is no go.mod"},
	} {
		err := CheckHost(t.Context(), test.dir, append(os.Environ(), test.env))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.env, err, test.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if err := CheckHost(t.Context(), dir, nil); err == nil || !strings.Contains(err.Error(), "add its folder to PATH") {
		t.Errorf("without go: %v", err)
	}
}
