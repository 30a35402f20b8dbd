package main

import (
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
	}
	// The first waits for the workspace to be loaded.
	out.first, edits = edits[0], edits[1:]
	out.edit = median(edits)
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

func median[T ~int64 | ~float64](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// report prints each server's medians and the median of the ratios of rounds.
func report(w io.Writer, delay string, servers []*server) {
	fmt.Fprintf(w, "\n## diagnosticsDelay %s\n\n| server | first diagnostics | edit to diagnostics | peak memory |\n|---|---:|---:|---:|\n", delay)
	for _, s := range servers {
		fmt.Fprintf(w, "| %s | %.2f s | %.3f s | %.0f MB |\n", s.name,
			median(each(s, func(x sample) float64 { return x.first.Seconds() })),
			median(each(s, func(x sample) float64 { return x.edit.Seconds() })),
			median(each(s, func(x sample) float64 { return x.peak })))
	}
	ratio := func(value func(sample) float64) string {
		var list []float64
		for i := range servers[0].samples {
			list = append(list, value(servers[1].samples[i])/value(servers[0].samples[i]))
		}
		return fmt.Sprintf("%.2f (%.2f to %.2f)", median(list), slices.Min(list), slices.Max(list))
	}
	fmt.Fprintf(w, "| ratio of a round, median and range | %s | %s | %s |\n",
		ratio(func(x sample) float64 { return x.first.Seconds() }),
		ratio(func(x sample) float64 { return x.edit.Seconds() }),
		ratio(func(x sample) float64 { return x.peak }))
}

func each(s *server, value func(sample) float64) (list []float64) {
	for _, x := range s.samples {
		list = append(list, value(x))
	}
	return list
}
