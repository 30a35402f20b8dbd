package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Mode is a way to build that needs more than the Go toolchain.
type Mode string

const (
	ModeCgo  Mode = "cgo"
	ModeRace Mode = "race"
	ModeASan Mode = "asan"
)

// probes are programs that build and run where their mode is possible.
var probes = map[Mode]struct {
	flags  []string
	source string
}{
	ModeCgo:  {nil, "package main\n\n// static int one(void) { return 1; }\nimport \"C\"\n\nfunc main() { _ = C.one() }\n"},
	ModeRace: {[]string{"-race"}, "package main\n\nfunc main() {}\n"},
	ModeASan: {[]string{"-asan"}, "package main\n\n// #include <stdlib.h>\nimport \"C\"\n\nfunc main() { C.free(C.malloc(1)) }\n"},
}

// Supports finds out whether programs can be built in mode here, with env added
// to the builder's environment, by building a tiny one. If it is for this
// platform it is run too: the race detector builds on kernels on which it cannot
// start. It returns the reason in words when they cannot, nothing when they can.
// An error says that it could not find out.
func (b *Builder) Supports(ctx context.Context, mode Mode, env []string) (reason string, err error) {
	probe, ok := probes[mode]
	if !ok {
		return "", fmt.Errorf("unknown mode %q", mode)
	}
	env = extended(b.env, env)
	s, err := settings(ctx, b.dir, env)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(b.out, 0o700); err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(b.out, "supports-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	source, binary := filepath.Join(folder, "main.go"), filepath.Join(folder, "main")
	if err := os.WriteFile(source, []byte(probe.source), 0o600); err != nil {
		return "", err
	}
	// From the program's folder, since its module may choose the toolchain.
	args := append([]string{"build", "-buildvcs=false", "-o", binary}, probe.flags...)
	failure, err := runProbe(ctx, goCommand(ctx, b.dir, env, append(args, "--", source)...))
	if err != nil {
		return "", err
	}
	if failure != "" {
		return whyNot(mode, s, env, failure), nil
	}
	if s.GOOS != s.GOHOSTOS || s.GOARCH != s.GOHOSTARCH {
		return "", nil
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = extended(env, []string{"GORACE=atexit_sleep_ms=0"})
	endGently(cmd)
	if failure, err = runProbe(ctx, cmd); failure != "" {
		failure = fmt.Sprintf("a %s build does not run: %s", mode, failure)
	}
	return failure, err
}

// runProbe returns how cmd failed, nothing when it did not. An error means that
// it could not be run to its end.
func runProbe(ctx context.Context, cmd *exec.Cmd) (failure string, err error) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit):
		return strings.TrimSpace(fmt.Sprintf("%v\n%s", err, output.Bytes())), nil
	default:
		return "", err
	}
}

// whyNot puts a failed build of a probe into words.
func whyNot(mode Mode, s *goSettings, env []string, failure string) string {
	switch compiler := missingCompiler(s.CC, env); {
	case compiler != "":
		return fmt.Sprintf("no C compiler: %s is not found, install gcc", compiler)
	case s.CGO_ENABLED != "1":
		return fmt.Sprintf("cgo is off for %s/%s: CGO_ENABLED=%s", s.GOOS, s.GOARCH, s.CGO_ENABLED)
	}
	return fmt.Sprintf("a %s build fails on %s/%s: %s", mode, s.GOOS, s.GOARCH, failure)
}

// missingCompiler returns the program that cc names, CC as the go command splits
// it at spaces, if it is not found on env's PATH, and nothing if it is found.
func missingCompiler(cc string, env []string) string {
	words := strings.Fields(cc)
	if len(words) == 0 {
		return ""
	}
	program := strings.Trim(words[0], `"'`)
	if strings.ContainsRune(program, filepath.Separator) {
		if _, err := exec.LookPath(program); err != nil {
			return program
		}
		return ""
	}
	path := os.Getenv("PATH")
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "PATH="); ok {
			path = value // the last one counts
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return ""
		}
	}
	return program
}
