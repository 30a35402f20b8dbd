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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotvet/hotvet/integration/drivers"
	"github.com/hotvet/hotvet/integration/drivers/lsp"
)

// A server is one program to measure.
type server struct {
	name, pkg  string
	exe, cache string
	samples    []sample
}

// A sample is what one session showed.
type sample struct {
	first time.Duration // from the first edit, right after the start
	edit  time.Duration // from an edit to its diagnostics, median
	cpu   float64       // of the server for all edits but the first, in seconds
	peak  float64       // resident memory, MB
}

// marker is a statement that assign, an analyzer of gopls, reports.
const marker = "\nfunc _(x int) { x = x }\n"

// version makes texts that no server has seen before, and has in its cache.
func version(n int, start time.Time) string { return fmt.Sprintf("\n// %d.%d\n", start.UnixNano(), n) }

const patience = 5 * time.Minute

func (s *server) session(ctx context.Context, o *options, dir, delay string) (out sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.exe)
	cmd.Dir = dir
	cmd.Env = drivers.Env("GOPLSCACHE="+s.cache, "PWD="+dir)
	start := time.Now()
	c, err := lsp.Start(ctx, cmd, map[string]any{"diagnosticsDelay": delay})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	file := filepath.Join(dir, filepath.FromSlash(o.file))
	if err := c.Open(file); err != nil {
		return out, err
	}
	text := c.Text(file)
	var edits []time.Duration
	var before float64
	for n := range 1 + 2*o.edits {
		next, with := text+version(n, start), n%2 == 0
		if with {
			next += marker
		}
		began := time.Now()
		if err := edit(ctx, c, file, next, with); err != nil {
			return out, err
		}
		edits = append(edits, time.Since(began))
		if n == 0 {
			if before, err = cpu(c.PID()); err != nil {
				return out, err
			}
		}
	}
	// The first waits for the workspace to be loaded.
	out.first, edits = edits[0], edits[1:]
	out.edit = median(edits)
	after, err := cpu(c.PID())
	if err != nil {
		return out, err
	}
	out.cpu = after - before
	out.peak, err = peak(c.PID())
	return out, err
}

// edit changes a file and waits for diagnostics that report the marker, or not.
func edit(ctx context.Context, c *lsp.Client, file, text string, with bool) error {
	if err := c.Change(file, text); err != nil {
		return err
	}
	_, err := c.Wait(ctx, file, func(list []lsp.Diagnostic) bool {
		return with == slices.ContainsFunc(list, func(d lsp.Diagnostic) bool { return d.Source == "assign" })
	})
	return err
}

// peak returns the largest resident memory of a process so far, see proc(5).
func peak(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return float64(kb) / 1024, err
		}
	}
	return 0, errors.New("the status of the process has no VmHWM")
}

// cpu returns how long a process has been on processors, in seconds: fields 14
// and 15 of its stat, which count in hundredths, see proc(5). The name in field 2
// may have spaces, but ends with the last parenthesis.
func cpu(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("stat of process %d has %d fields", pid, len(fields))
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return float64(user+system) / 100, errors.Join(err1, err2)
}

func median[T ~int64 | ~float64](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// columns are what is measured of a session.
var columns = []struct {
	head, form string
	value      func(sample) float64
}{
	{"first diagnostics", "%.2f s", func(x sample) float64 { return x.first.Seconds() }},
	{"edit to diagnostics", "%.3f s", func(x sample) float64 { return x.edit.Seconds() }},
	{"processor time of the edits", "%.2f s", func(x sample) float64 { return x.cpu }},
	{"peak memory", "%.0f MB", func(x sample) float64 { return x.peak }},
}

// report prints each server's medians, and median and range of the ratios of the
// rounds.
func report(w io.Writer, delay string, servers []*server) {
	heads, rule := "| server |", "|---|"
	ratios := "| ratio |"
	rows := make([]string, len(servers))
	for i, s := range servers {
		rows[i] = "| " + s.name + " |"
	}
	for _, c := range columns {
		heads, rule = heads+" "+c.head+" |", rule+"---:|"
		var list []float64
		for round := range servers[0].samples {
			list = append(list, c.value(servers[1].samples[round])/c.value(servers[0].samples[round]))
		}
		ratios += fmt.Sprintf(" %.2f (%.2f to %.2f) |", median(list), slices.Min(list), slices.Max(list))
		for i, s := range servers {
			rows[i] += fmt.Sprintf(" "+c.form+" |", median(each(s, c.value)))
		}
	}
	fmt.Fprintf(w, "\n## diagnosticsDelay %s\n\n%s\n%s\n%s\n%s\n", delay, heads, rule, strings.Join(rows, "\n"), ratios)
}

func each(s *server, value func(sample) float64) (list []float64) {
	for _, x := range s.samples {
		list = append(list, value(x))
	}
	return list
}
