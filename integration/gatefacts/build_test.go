//go:build linux

package gatefacts_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

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
