package modcopy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// useProxy makes example.com/m@v1.0.0, which has no go.mod, the only module
// there is: a folder in the layout of a module proxy serves it.
func useProxy(t *testing.T) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "example.com", "m", "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("list", []byte("v1.0.0\n"))
	write("v1.0.0.info", []byte(`{"Version":"v1.0.0"}`))
	write("v1.0.0.mod", []byte("module example.com/m\n"))
	write("v1.0.0.zip", zipOf(t, map[string]string{
		"example.com/m@v1.0.0/p.go":     "package m\n",
		"example.com/m@v1.0.0/sub/q.go": "package sub\n",
	}))
	cache := t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOPROXY", "file://"+root)
	t.Setenv("GONOSUMDB", "*")
	// Modules in a cache are read-only, which t.TempDir cannot remove.
	t.Cleanup(func() {
		filepath.WalkDir(cache, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, 0o777)
			}
			return err
		})
	})
}

func TestCopy(t *testing.T) {
	useProxy(t)
	work := filepath.Join(t.TempDir(), "new")
	dir, err := Copy(t.Context(), work, "example.com/m", "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	// It is writable, and has the go.mod that the zip lacks.
	for _, name := range []string{"p.go", "sub/q.go", "go.mod"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		f.Close()
	}
	if _, err := os.Stat(dir + ".partial"); err == nil {
		t.Error("the partial copy is still there")
	}
	// A second call finds it, changed or not.
	mark := filepath.Join(dir, "mark")
	if err := os.WriteFile(mark, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Copy(t.Context(), work, "example.com/m", "v1.0.0")
	if err != nil || again != dir {
		t.Fatalf("second Copy = %q, %v", again, err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error("the second call made the copy anew")
	}
	if _, err := Copy(t.Context(), work, "example.com/m", "v9.9.9"); err == nil || !strings.Contains(err.Error(), "v9.9.9") {
		t.Errorf("Copy of a missing version = %v", err)
	}
}

func TestFirstLine(t *testing.T) {
	for text, want := range map[string]string{
		"go: downloading a v1\n# pkg\n\nvet: a.go:1: no\nmore\n": "vet: a.go:1: no",
		"# pkg\n": "no message",
	} {
		if got := FirstLine(text); got != want {
			t.Errorf("FirstLine(%q) = %q, want %q", text, got, want)
		}
	}
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
