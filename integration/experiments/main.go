// Experiments runs the corpus of hazards against confirm: every program with a
// hazard must be confirmed, and its safe twin, on which the same finding is forced,
// refuted. A safe program without such a twin is a control: every kind of its
// analyzer is forced on it, and none may be confirmed.
//
//	go run ./integration/experiments [-runs N] [-only PREFIX] [-side SIDE] [-write] [-v]
//
// It prints one line a case. With -write the results go to testdata/experiments.tsv
// and, as a table by kind, to testdata/experiments.md; those of cases that were not
// run are kept. It exits with 0, with 1 when the tool itself fails, with 2 on wrong
// usage, and with 3 when a case is not as it must be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/process"
)

func main() {
	process.GuardMain()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errWrong):
		fmt.Fprintf(os.Stderr, "experiments: %v\n", err)
		os.Exit(3)
	default:
		fmt.Fprintf(os.Stderr, "experiments: %v\n", err)
		os.Exit(1)
	}
}

var (
	errUsage = errors.New("wrong usage")
	errWrong = errors.New("not every case is as it must be")
)

type options struct {
	runs    int
	only    string
	side    string
	write   bool
	verbose bool
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("experiments", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.runs, "runs", 1, "`number` of runs of each program")
	flags.StringVar(&o.only, "only", "", "run only the cases whose name, as ANALYZER/CASE or ANALYZER/KIND, begins with one of these `prefixes`, separated by commas")
	flags.StringVar(&o.side, "side", "", "run only programs of this `side`: hazard, safe or control")
	flags.BoolVar(&o.write, "write", false, "write the results into the tables")
	flags.BoolVar(&o.verbose, "v", false, "show verdicts with their evidence, and errors")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, errUsage
	case flags.NArg() > 0 || o.runs < 1:
		fmt.Fprintln(stderr, "experiments: it takes no arguments, and at least one run")
		return o, errUsage
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	c, err := readCorpus(ctx, root)
	if err != nil {
		return err
	}
	wrong := 0
	var results []row
	for _, e := range c.experiments {
		if !selected(o.only, e) || o.side != "" && o.side != e.side || slices.Contains(confirm.Skipped(), e.category) {
			continue
		}
		r, err := e.run(ctx, c, o, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name(), err)
		}
		fmt.Fprintln(stdout, r)
		if !r.right() {
			wrong++
		}
		results = append(results, r)
	}
	if len(results) == 0 {
		return fmt.Errorf("no case begins with %q", o.only)
	}
	if o.write {
		if err := writeTables(root, c, results); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%w: %d of %d are wrong", errWrong, wrong, len(results))
	}
	return nil
}

// selected reports whether -only leaves an experiment.
func selected(only string, e *experiment) bool {
	if only == "" {
		return true
	}
	for prefix := range strings.SplitSeq(only, ",") {
		if strings.HasPrefix(e.analyzer+"/"+e.program, prefix) || strings.HasPrefix(e.category, prefix) {
			return true
		}
	}
	return false
}

// moduleRoot returns the folder of the module that the working folder is in.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(out))
	if filepath.Base(name) != "go.mod" {
		return "", errors.New("it is run in the module")
	}
	return filepath.Dir(name), nil
}
