package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/gopls/internal/protocol"

	"github.com/hotvet/hotvet/analyzers"
	"github.com/hotvet/hotvet/integration/drivers/lsp"
)

// role names, in the environment, what the test binary runs as.
const role = "HOTVET_GOPLS_TEST"

// TestMain makes the test binary the servers of the tests: hotvet-gopls itself,
// and one more with an analyzer that has a defect.
func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "hotvet":
		main()
	case "panics":
		err := run(append(suite(analyzers.Suite()), member{panics, protocol.SeverityError}), os.Args[1:])
		fmt.Fprintln(os.Stderr, err)
	default:
		os.Exit(runTests(m))
	}
}

// cache is the servers' own, apart from the user's.
var cache string

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hotvet-gopls-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	cache = dir
	return m.Run()
}

// panics is an analyzer with a defect that others require.
var panics = &analysis.Analyzer{
	Name:     "panics",
	Doc:      "panic by way of a requirement",
	Requires: []*analysis.Analyzer{defect},
	Run:      func(pass *analysis.Pass) (any, error) { return nil, nil },
}

var defect = &analysis.Analyzer{
	Name: "defect",
	Doc:  "panic on package main",
	Run: func(pass *analysis.Pass) (any, error) {
		if pass.Pkg.Name() == "main" {
			var m map[string]int
			m["defect"] = 1
		}
		return nil, nil
	},
}

// write makes a module of files in a new folder and returns its real name.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// output is what a server writes to its standard error.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// server returns the test binary in a role, to be run in the folder of a module.
func server(t *testing.T, as, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...) // the context of t ends before its cleanup
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), role+"="+as, "GOPLSCACHE="+cache, "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "PWD="+dir)
	return cmd
}

// edit starts an editor on the module in a folder.
func edit(t *testing.T, as, dir string, settings map[string]any) (*lsp.Client, *output) {
	t.Helper()
	cmd, stderr := server(t, as, dir), new(output)
	cmd.Stderr = stderr
	c, err := lsp.Start(t.Context(), cmd, settings)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("%v\n%s", err, stderr)
		}
	})
	return c, stderr
}

// patience bounds how long a server may take for what is certain to come.
const patience = 2 * time.Minute

// await waits for published diagnostics of a file that ok accepts.
func await(t *testing.T, c *lsp.Client, file string, ok func([]lsp.Diagnostic) bool) []lsp.Diagnostic {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	list, err := c.Wait(ctx, file, ok)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// of returns the diagnostics with a code.
func of(list []lsp.Diagnostic, code string) (found []lsp.Diagnostic) {
	for _, d := range list {
		if d.Code == code {
			found = append(found, d)
		}
	}
	return found
}

func has(code string) func([]lsp.Diagnostic) bool {
	return func(list []lsp.Diagnostic) bool { return len(of(list, code)) > 0 }
}

func open(t *testing.T, c *lsp.Client, file string) string {
	t.Helper()
	if err := c.Open(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func change(t *testing.T, c *lsp.Client, file, old, new string) {
	t.Helper()
	text := c.Text(file)
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is not once in the file:\n%s", old, text)
	}
	if err := c.Change(file, strings.Replace(text, old, new, 1)); err != nil {
		t.Fatal(err)
	}
}

// goBuild compiles the module in a folder.
func goBuild(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func needC(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); errors.Is(err, exec.ErrNotFound) {
		t.Skip("no gcc for a package with cgo")
	}
}
