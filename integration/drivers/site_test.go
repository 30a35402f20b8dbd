package drivers_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers"
)

// TestMissing holds that a nested module without its modules in the cache is a
// reason to skip, and that one which does not build is not.
func TestMissing(t *testing.T) {
	site := &drivers.Site{Root: filepath.Join("..", ".."), Work: t.TempDir()}
	t.Setenv("GOMODCACHE", t.TempDir())
	_, err := site.Nested(t.Context(), "hotvet-gopls")
	if missing := new(drivers.Missing); !errors.As(err, &missing) || !strings.Contains(err.Error(), "go mod download") {
		t.Errorf("without modules the error is %v, want what to do", err)
	}

	site.Root = t.TempDir()
	broken := filepath.Join(site.Root, "cmd", "broken")
	if err := os.MkdirAll(broken, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module broken\n", "main.go": "package main\n\nfunc main() { undefined() }\n"} {
		if err := os.WriteFile(filepath.Join(broken, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err = site.Nested(t.Context(), "broken")
	if exit := new(drivers.ExitError); !errors.As(err, &exit) || !strings.Contains(err.Error(), "undefined") {
		t.Errorf("error is %v, want that of the compiler", err)
	}
}

func TestWithin(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		filepath.Join(dir, "a", "b.go"): "a/b.go", "./a/b.go": "a/b.go", dir + "x": filepath.ToSlash(dir + "x"),
	} {
		if got := drivers.Within(dir, name); got != want {
			t.Errorf("Within(%q) = %q, want %q", name, got, want)
		}
	}
}
