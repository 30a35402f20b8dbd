package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var network = flag.Bool("network", false, "let golangci-lint custom download modules")

// TestCustom runs "golangci-lint custom" with the .custom-gcl.yml of this folder.
// What it clones is a repository made of the sources in the module cache.
func TestCustom(t *testing.T) {
	if testing.Short() {
		t.Skip("links golangci-lint once more")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	version, sources := golangci(t)
	repository, dir := mirror(t, version, sources), t.TempDir()
	cmd := exec.Command("hotvet-golangci", "custom", "-v", "--name", "ours", "--destination", dir)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "TMPDIR="+t.TempDir(),
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+repository+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/golangci/golangci-lint.git")
	if !*network {
		cmd.Env = append(cmd.Env, "GOPROXY=off", "GOSUMDB=off")
	}
	if out, err := cmd.CombinedOutput(); err != nil && strings.Contains(string(out), "module lookup disabled") {
		t.Skip("modules for the tests of golangci-lint, which it asks for, are not in the module cache; run go test -network once")
	} else if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	config := filepath.Join(dir, "golangci.yml")
	text := "version: \"2\"\nlinters:\n  enable: [hotvet]\n  settings:\n    custom:\n      hotvet:\n        type: module\n"
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(dir, "ours"), "linters", "-c", config).Output()
	if err != nil {
		t.Fatal(err)
	}
	enabled, _, _ := strings.Cut(string(out), "Disabled by your configuration")
	if !strings.Contains(enabled, "\nhotvet:") {
		t.Errorf("hotvet is not among the linters:\n%s", enabled)
	}
}

// golangci returns the version of golangci-lint and the folder of its sources.
func golangci(t *testing.T) (version, sources string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "github.com/golangci/golangci-lint/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	version, sources, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	return version, sources
}

// mirror returns the folder of a repository with the sources at that version.
func mirror(t *testing.T, version, sources string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "golangci-lint")
	if err := os.CopyFS(dir, os.DirFS(sources)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "-A", "-f"},
		{"-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-q", "-m", version}, {"tag", version},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if !*network {
			cmd.Env = append(cmd.Env, "GOPROXY=off", "GOSUMDB=off")
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return dir
}
