//go:build linux

package gatefacts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

// build returns the binary of one version. One that an earlier run with -keep made is
// not made again.
func (r release) build(t *testing.T, dir, version string, env, args []string) string {
	t.Helper()
	folder := filepath.Join(dir, r.server, strings.Map(fileRune, strings.Join(append(append([]string{version, r.how}, env...), args...), " ")))
	main := path.Join(r.module, r.pkg)
	base := path.Base(main)
	if versioned.MatchString(base) {
		base = path.Base(path.Dir(main))
	}
	file := filepath.Join(folder, base)
	if _, err := os.Stat(file); err == nil {
		return file
	}
	must(t, os.MkdirAll(folder, 0o777))
	cmd := exec.CommandContext(t.Context(), "go")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOBIN="+folder)
	cmd.Env = append(cmd.Env, env...)
	output := append([]string{"build", "-buildvcs=false", "-mod=mod", "-o", file}, args...)
	switch cmd.Dir = folder; r.how {
	case install:
		cmd.Args = append(append(cmd.Args, "install"), append(args, main+"@"+version)...)
	case require:
		must(t, os.WriteFile(filepath.Join(folder, "go.mod"), requiring(t, r.module, version), 0o666))
		cmd.Args = append(cmd.Args, append(output, main)...)
	case copied:
		cmd.Dir = r.source(t, dir, version)
		cmd.Args = append(cmd.Args, append(output, "./"+r.pkg)...)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return file
}

var versioned = regexp.MustCompile(`^v\d+$`)

// fileRune keeps what is plain in the name of a folder.
func fileRune(r rune) rune {
	if strings.ContainsRune(" /=", r) {
		return '_'
	}
	return r
}

func (r release) source(t *testing.T, dir, version string) string {
	t.Helper()
	source, err := modcopy.Copy(t.Context(), filepath.Join(dir, r.server), r.module, version)
	must(t, err)
	return source
}

// requiring returns the go.mod of a module that requires another, with what that one
// says of its dependencies and go install does not apply. Folders beside it are not in
// its zip: their modules are published by themselves.
func requiring(t *testing.T, module, version string) []byte {
	t.Helper()
	var answer struct{ GoMod string }
	goJSON(t, &answer, "mod", "download", "-json", module+"@"+version)
	type mod struct{ Path, Version string }
	var file struct {
		Go      string
		Exclude []mod
		Replace []struct{ Old, New mod }
	}
	goJSON(t, &file, "mod", "edit", "-json", answer.GoMod)
	text := fmt.Appendf(nil, "module releases.test/server\n\ngo %s\n\nrequire %s %s\n", file.Go, module, version)
	for _, x := range file.Exclude {
		text = fmt.Appendf(text, "exclude %s %s\n", x.Path, x.Version)
	}
	for _, x := range file.Replace {
		if x.New.Version != "" {
			text = fmt.Appendf(text, "replace %s => %s %s\n", strings.TrimSpace(x.Old.Path+" "+x.Old.Version), x.New.Path, x.New.Version)
		}
	}
	return text
}

func goJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = t.TempDir(), modcopy.Env()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	must(t, json.Unmarshal(out, into))
}

// findings writes what hotvet finds in the source of NEW to a file.
func (r release) findings(t *testing.T, tool, dir string) (stream, source, count string) {
	t.Helper()
	source = r.source(t, dir, r.new)
	stream = source + ".json"
	if _, err := os.Stat(stream); err != nil {
		cmd := exec.CommandContext(t.Context(), tool, "-format", "json", "./...")
		cmd.Dir, cmd.Env = source, modcopy.Env()
		out, err := cmd.Output()
		// Some packages of such a module may not build here; the gate is asked about the rest.
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && (exit.ExitCode() == 3 || exit.ExitCode() == 1) && len(out) > 0) {
			t.Fatalf("%s: %v", tool, err)
		}
		must(t, os.WriteFile(stream, out, 0o666))
	}
	data, err := os.ReadFile(stream)
	must(t, err)
	messages, err := finding.ReadAll(strings.NewReader(string(data)))
	must(t, err)
	n := 0
	for _, m := range messages {
		if m.Finding != nil {
			n++
		}
	}
	return stream, source, fmt.Sprint(n)
}

// runGate returns the decision of the command.
func runGate(t *testing.T, tool string, args ...string) *finding.Decision {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, append([]string{"gate", "-format", "json"}, args...)...)
	stderr := new(strings.Builder)
	cmd.Stderr = stderr
	out, _ := cmd.Output() // a denial is an exit code; without a decision the stream says so
	messages, err := finding.ReadAll(strings.NewReader(string(out)))
	must(t, err)
	for _, m := range messages {
		if m.Decision != nil {
			return m.Decision
		}
	}
	t.Fatalf("%s: no decision\n%s", strings.Join(cmd.Args, " "), stderr)
	return nil
}

// seconds returns the median time of five runs. Exit codes are those of decisions.
func seconds(t *testing.T, name string, args ...string) string {
	t.Helper()
	var times []time.Duration
	for range 5 {
		start := time.Now()
		err := exec.CommandContext(context.Background(), name, args...).Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return fmt.Sprintf("%.2f", times[2].Seconds())
}
