// Bench compares hotvet with the tools that users run anyway.
//
//	go run ./integration/bench [-n 5] MODULE@VERSION|FOLDER [PATTERN]
//
// It measures hotvet, an empty vettool (unitchecker with one analyzer that does
// nothing), go vet and staticcheck, in turn, n times, in two states:
//
//   - cold: dependencies compiled, nothing analyzed;
//   - warm: the same command again.
//
// Figures are medians over the n runs of wall time, user time (of all processes
// together) and peak memory (of the largest process).
//
// # Method
//
// The go command keeps what vet found under the identity of the tool: the
// SHA-256 of the binary for tools built on unitchecker, its file name and
// version for the go command's own vet. A cold run therefore runs a copy of the
// tool under a new name and with other bytes at its end: every analysis misses
// the cache, every compilation hits it. staticcheck keeps its results in a cache
// of its own, which is a new folder for a cold run. One run of each tool before
// the first that counts compiles what is missing, so the first run of a module
// takes long.
//
// The resource usage of a finished go command, as wait4 gives it, covers the
// processes that it waited for: times are sums, memory is that of the largest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

var errUsage = errors.New("wrong usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

type options struct {
	module, pattern string
	runs            int
	tools           []string
	hotvet, work    string
	format          string
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: bench [flags] MODULE@VERSION|FOLDER [PATTERN]")
		flags.PrintDefaults()
	}
	flags.IntVar(&o.runs, "n", 5, "`number` of runs of each tool and state")
	tools := flags.String("tools", strings.Join(toolNames, ","), "`names` of the tools to compare")
	flags.StringVar(&o.hotvet, "hotvet", "", "hotvet `binary` to measure (default: build cmd/hotvet)")
	flags.StringVar(&o.work, "work", "", "`folder` to keep the copy of the module and the tools in")
	flags.StringVar(&o.format, "format", "markdown", "markdown or json")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errUsage
	}
	o.tools = strings.Split(*tools, ",")
	unknown := slices.ContainsFunc(o.tools, func(name string) bool { return !slices.Contains(toolNames, name) })
	if n := flags.NArg(); n < 1 || n > 2 || o.runs < 1 || unknown || o.format != "markdown" && o.format != "json" {
		flags.Usage()
		return o, errUsage
	}
	o.module, o.pattern = flags.Arg(0), "./..."
	if flags.NArg() == 2 {
		o.pattern = flags.Arg(1)
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	// The tools' copies for cold runs go to a folder that never survives.
	scratch, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if o.work == "" {
		o.work = scratch
	}
	if o.work, err = filepath.Abs(o.work); err != nil {
		return err
	}
	dir, err := moduleFolder(ctx, o)
	if err != nil {
		return err
	}
	tools, err := buildTools(ctx, o, scratch)
	if err != nil {
		return err
	}
	m := measurer{dir: dir, pattern: o.pattern, scratch: scratch, progress: stderr}
	results, err := m.all(ctx, tools, o.runs)
	if err != nil {
		return err
	}
	rep := newReport(o, results)
	if o.format == "json" {
		return rep.json(stdout)
	}
	return rep.markdown(stdout)
}

// moduleFolder returns the folder to analyze: one that the user prepared, or a
// copy of a published module.
func moduleFolder(ctx context.Context, o options) (string, error) {
	if path, version, ok := strings.Cut(o.module, "@"); ok {
		return modcopy.Copy(ctx, o.work, path, version)
	}
	dir, err := filepath.Abs(o.module)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", fmt.Errorf("%s is neither MODULE@VERSION nor the folder of a module: %w", o.module, err)
	}
	return dir, nil
}
