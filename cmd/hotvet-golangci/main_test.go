package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain also makes the program that scripts run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hotvet-golangci": main})
}

// TestScripts runs testdata/*.txtar without network. Scripts have the build cache
// of the test, and share a cache of golangci-lint, so that the standard library
// is not analyzed for each of them; $DOCUMENTED is the configuration that users
// are told to write.
func TestScripts(t *testing.T) {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := strings.Fields(string(out))
	cache, config := t.TempDir(), documented(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "GOCACHE="+env[0], "GOMODCACHE="+env[1], "GOROOT="+env[2],
				"GOPROXY=off", "GOFLAGS=", "GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOWORK=off",
				"GOLANGCI_LINT_CACHE="+cache, "HOME="+filepath.Join(e.WorkDir, "home"), "DOCUMENTED="+config)
			return nil
		},
	})
}

// documented returns the name of a file with the .golangci.yml of the plugin's
// package comment.
func documented(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "analyzers", "golangci", "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "\n//\tversion: \"2\"\n")
	text, _, ok2 := strings.Cut(rest, "\n//\n")
	if !ok || !ok2 {
		t.Fatal("doc.go of the plugin has no configuration")
	}
	text = "version: \"2\"\n" + strings.ReplaceAll(text+"\n", "//\t", "")
	name := filepath.Join(t.TempDir(), "golangci.yml")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}
