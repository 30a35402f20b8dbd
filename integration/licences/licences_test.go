package licences

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

var update = flag.Bool("update", false, "rewrite licences.md")

// modules are the folders of the repository's modules that have dependencies.
var modules = []string{".", "analyzers/golangci", "cmd/hotvet-golangci", "cmd/hotvet-gopls", "integration/nogo"}

// A dependency is a module of which packages are compiled into a program or a
// test.
type dependency struct {
	path, version, dir string
	folders            []string // of those packages
}

// TestLicences fails when licences.md is stale; go test -update rewrites it.
func TestLicences(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Licenses of what hotvet is built with\n\nMade by \"go test -update\" in integration/licences: modules of which packages are compiled on Linux, tests included.\n")
	complete := true
	for _, folder := range modules {
		t.Run(folder, func(t *testing.T) {
			complete = false // unless the end is reached
			fmt.Fprintf(&b, "\n## %s\n\n| module | version | license |\n|---|---|---|\n", cmp.Or(strings.TrimPrefix(folder, "."), "hotvet"))
			for _, d := range dependencies(t, folder) {
				id := license(t, d)
				if strings.Contains(id, "GPL") && folder != "cmd/hotvet-golangci" {
					t.Errorf("%s %s has the license %s", d.path, d.version, id)
				}
				if folder == "." && heavy.MatchString(d.path) {
					t.Errorf("hotvet itself depends on %s", d.path)
				}
				fmt.Fprintf(&b, "| %s | %s | %s |\n", d.path, d.version, id)
			}
			complete = !t.Failed()
		})
		if !complete {
			return
		}
	}
	if *update {
		if err := os.WriteFile("licences.md", []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile("licences.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != b.String() {
		t.Errorf("licences.md is stale; run go test -update; it should be\n%s", b.String())
	}
}

// heavy are the programs that hotvet is built into, each in a module of its own.
var heavy = regexp.MustCompile(`^github\.com/golangci/|^golang\.org/x/tools/gopls|^github\.com/bazelbuild/`)

// dependencies lists those of the module in a folder, by path, without hotvet's
// own.
func dependencies(t *testing.T, folder string) []*dependency {
	t.Helper()
	const format = `{{$dir := .Dir}}{{with .Module}}{{if not .Main}}{{$m := .}}{{with .Replace}}{{$m = .}}{{end}}{{.Path}} {{or $m.Version "-"}} {{$m.Dir}} {{$dir}}{{end}}{{end}}`
	cmd := exec.Command("go", "list", "-deps", "-test", "-f", format, "./...")
	cmd.Dir = filepath.Join("..", "..", filepath.FromSlash(folder))
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "GOOS=linux", "CGO_ENABLED=1")
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok && strings.Contains(string(exit.Stderr), "module lookup disabled") {
		t.Skipf("not all modules are in the module cache; run \"go mod download\" in %s once, with network", folder)
	} else if ok {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]*dependency)
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 4 || strings.HasPrefix(f[0], "github.com/hotvet/hotvet") {
			continue
		}
		if found[f[0]] == nil {
			found[f[0]] = &dependency{path: f[0], version: f[1], dir: f[2]}
		}
		found[f[0]].folders = append(found[f[0]].folders, f[3])
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *dependency) int { return strings.Compare(a.path, b.path) })
}

// license returns the SPDX names of the licenses of the packages: each has the
// one that is nearest, in its folder or one above.
func license(t *testing.T, d *dependency) string {
	t.Helper()
	ids := make(map[string]bool)
	for _, folder := range d.folders {
		for {
			here := texts(t, folder)
			for _, id := range here {
				ids[id] = true
			}
			if len(here) > 0 || folder == d.dir {
				break
			}
			folder = filepath.Dir(folder)
		}
	}
	if len(ids) == 0 {
		t.Errorf("%s %s: no license in %s", d.path, d.version, d.dir)
	}
	return strings.Join(slices.Sorted(maps.Keys(ids)), ", ")
}

var fileName = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying|unlicense)`)

// texts returns the SPDX names of the licenses that lie in a folder.
func texts(t *testing.T, folder string) (ids []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || !fileName.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range licensecheck.Scan(text).Match {
			if !m.IsURL {
				ids = append(ids, m.ID)
			}
		}
	}
	return ids
}
