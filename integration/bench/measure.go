package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

// usage is what one run cost.
type usage struct {
	Wall time.Duration `json:"wall_ns"`
	User time.Duration `json:"user_ns"`    // all processes together
	Peak int64         `json:"peak_bytes"` // resident memory of the largest process
}

// result holds the runs of a tool, in order.
type result struct {
	Tool  string  `json:"tool"`
	Exit  int     `json:"exit"`  // status of the tool: 1 when it has findings
	Lines int     `json:"lines"` // of its output
	Cold  []usage `json:"cold"`
	Warm  []usage `json:"warm"`
}

type measurer struct {
	dir, pattern string
	scratch      string
	progress     io.Writer
	copies       int
}

// all measures the tools in turn, so that what else the machine does meets all
// of them alike.
func (m *measurer) all(ctx context.Context, tools []tool, runs int) ([]result, error) {
	results := make([]result, len(tools))
	for i, t := range tools {
		fmt.Fprintf(m.progress, "bench: compile for %s\n", t.name)
		exit, lines, _, err := m.cold(ctx, t, nil)
		if err != nil {
			return nil, err
		}
		results[i] = result{Tool: t.name, Exit: exit, Lines: lines}
	}
	for n := range runs {
		for i, t := range tools {
			fmt.Fprintf(m.progress, "bench: run %d/%d of %s", n+1, runs, t.name)
			var warm usage
			exit, lines, cold, err := m.cold(ctx, t, &warm)
			if err != nil {
				return nil, err
			}
			r := &results[i]
			// Another status or output means that it was not the same work.
			if exit != r.Exit || lines != r.Lines {
				return nil, fmt.Errorf("%s: status %d and %d lines, before %d and %d", t.name, exit, lines, r.Exit, r.Lines)
			}
			r.Cold, r.Warm = append(r.Cold, cold), append(r.Warm, warm)
			fmt.Fprintf(m.progress, ": cold %.2f s, warm %.2f s\n", cold.Wall.Seconds(), warm.Wall.Seconds())
		}
	}
	return results, nil
}

// cold runs t once with nothing analyzed yet and, if warm is given, once more.
func (m *measurer) cold(ctx context.Context, t tool, warm *usage) (exit, lines int, cold usage, err error) {
	m.copies++
	private := filepath.Join(m.scratch, fmt.Sprintf("cold%d", m.copies))
	if err := os.Mkdir(private, 0o777); err != nil {
		return 0, 0, usage{}, err
	}
	defer os.RemoveAll(private)
	command, err := m.command(ctx, t, private)
	if err != nil {
		return 0, 0, usage{}, err
	}
	if exit, lines, cold, err = command(); err != nil || warm == nil {
		return exit, lines, cold, err
	}
	again, linesAgain, used, err := command()
	if err == nil && (again != exit || linesAgain != lines) {
		err = fmt.Errorf("%s: status %d and %d lines cold, %d and %d warm", t.name, exit, lines, again, linesAgain)
	}
	*warm = used
	return exit, lines, cold, err
}

// command prepares t so that its first run finds nothing in a cache of
// analyses, and a second one everything.
func (m *measurer) command(ctx context.Context, t tool, private string) (func() (int, int, usage, error), error) {
	if t.standalone {
		return func() (int, int, usage, error) {
			cmd := exec.CommandContext(ctx, t.binary, m.pattern)
			cmd.Env = modcopy.Env("STATICCHECK_CACHE=" + filepath.Join(private, "cache"))
			return m.measure(t, cmd)
		}, nil
	}
	before, err := identity(ctx, t.binary)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(private, fmt.Sprintf("%s-%d-%d", t.name, time.Now().UnixNano(), m.copies))
	if err := copyWithTail(binary, t.binary, filepath.Base(binary)); err != nil {
		return nil, err
	}
	after, err := identity(ctx, binary)
	if err != nil {
		return nil, err
	}
	if before == after {
		return nil, fmt.Errorf("%s: a changed copy has the same identity %q, its runs would not be cold", t.name, after)
	}
	return func() (int, int, usage, error) {
		cmd := exec.CommandContext(ctx, "go", "vet", "-vettool="+binary, m.pattern)
		cmd.Env = modcopy.Env()
		return m.measure(t, cmd)
	}, nil
}

// identity is what the go command takes a vettool for: what it prints, its own
// path left out.
func identity(ctx context.Context, binary string) (string, error) {
	out, err := exec.CommandContext(ctx, binary, "-V=full").Output()
	if err != nil {
		return "", fmt.Errorf("%s -V=full: %w", binary, err)
	}
	if bytes.Contains(out, []byte(" devel ")) {
		// The go command reads no more than the build ID of these.
		_, out, _ = bytes.Cut(out, []byte("buildID="))
	}
	return string(bytes.TrimSpace(out)), nil
}

// copyWithTail copies an executable and appends bytes that the loader ignores.
// It does so in small pieces: a child starts on the memory of its parent, and
// the kernel counts that into the child's peak (see [peak]).
func copyWithTail(to, from, tail string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o777)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.MultiReader(in, strings.NewReader(tail)))
	return errors.Join(err, out.Close())
}

// measure runs cmd to its end. A status above 1 means that the tool failed.
func (m *measurer) measure(t tool, cmd *exec.Cmd) (exit, lines int, used usage, err error) {
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, &out, &out
	start := time.Now()
	err = cmd.Run()
	used.Wall = time.Since(start)
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return 0, 0, used, err
	}
	exit = cmd.ProcessState.ExitCode()
	if exit < 0 || exit > 1 {
		return exit, 0, used, fmt.Errorf("%s failed: %v: %s", t.name, err, modcopy.FirstLine(out.String()))
	}
	used.User = cmd.ProcessState.UserTime()
	used.Peak = peak(cmd.ProcessState)
	return exit, countLines(out.Bytes()), used, nil
}

// countLines counts what a tool printed, the go command's progress left out.
func countLines(out []byte) int {
	n := 0
	for line := range bytes.Lines(out) {
		if !bytes.HasPrefix(line, []byte("go: ")) {
			n++
		}
	}
	return n
}
