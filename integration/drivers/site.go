package drivers

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
)

// A Site is what drivers share: where hotvet's source is, and where they may
// write.
type Site struct {
	Root string // folder of hotvet's own module
	Work string // for programs that are built and caches; absolute

	hotvetOnce sync.Once
	hotvet     string
	hotvetErr  error
}

// All returns every driver, in the order of the table's columns.
func (s *Site) All() []Driver {
	return []Driver{
		&vet{site: s},
		&inProcess{site: s},
		&gopls{site: s},
		&golangci{site: s},
		&nogo{site: s},
	}
}

// Folder returns a folder of that name under Work, and makes it if need be.
func (s *Site) Folder(name string) (string, error) {
	dir := filepath.Join(s.Work, name)
	return dir, os.MkdirAll(dir, 0o777)
}

// Hotvet builds cmd/hotvet once and returns the path of the program.
func (s *Site) Hotvet(ctx context.Context) (string, error) {
	s.hotvetOnce.Do(func() {
		out := filepath.Join(s.Work, "hotvet")
		_, s.hotvetErr = Run(ctx, s.Root, nil, "go", "build", "-o", out, "./cmd/hotvet")
		s.hotvet = out
	})
	return s.hotvet, s.hotvetErr
}

// Nested builds the nested module in the folder cmd/name and returns the path of
// the program. It does not use the network: modules that are not in the module
// cache yet make the error a [*Missing].
func (s *Site) Nested(ctx context.Context, name string) (string, error) {
	dir := filepath.Join(s.Root, "cmd", name)
	// All that the program imports, so that nothing but missing modules fails.
	if _, err := Run(ctx, dir, nil, "go", "list", "-deps", "-f", "", "."); err != nil {
		if text := err.Error(); strings.Contains(text, "module lookup disabled") || strings.Contains(text, "GOPROXY=off") {
			return "", &Missing{What: "a module that cmd/" + name + " is made of", How: fmt.Sprintf("run %q in cmd/%s once, with network", "go mod download", name)}
		}
		return "", err
	}
	out := filepath.Join(s.Work, name)
	_, err := Run(ctx, dir, nil, "go", "build", "-o", out, ".")
	return out, err
}

// Env returns the environment for the programs of drivers: no network, no other
// toolchain, and no settings of this process that would choose other packages.
// Entries of extra come last and win.
func Env(extra ...string) []string {
	env := append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOPACKAGESDRIVER=off")
	return append(env, extra...)
}

// An ExitError is the end of a program that says it failed.
type ExitError struct {
	Program string
	Code    int
	Stdout  []byte
	Stderr  []byte
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: exit status %d: %s", e.Program, e.Code, bytes.TrimSpace(e.Stderr))
}

// Run runs a program to its end in the folder dir with [Env] and returns its
// standard output. An exit status other than 0 is an [*ExitError].
func Run(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(Env(env...), "PWD="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return stdout.Bytes(), &ExitError{filepath.Base(name) + " " + strings.Join(args, " "), exit.ExitCode(), stdout.Bytes(), stderr.Bytes()}
	}
	return stdout.Bytes(), err
}

// Within returns the name of a file relative to dir, with slashes, or name
// itself when it is not inside.
func Within(dir, name string) string {
	if !filepath.IsAbs(name) {
		return filepath.ToSlash(filepath.Clean(name))
	}
	if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(name)
}
