// Labels scores the analyzers against labelled lines of published modules.
//
//	go run ./integration/labels -set FILE [-classes ABCD] [-vettool BIN] [-work DIR]
//
// The set is a table with tabs: class, label (hazard or safe), module, version,
// file, line, text of the line, reason. For each label the module is taken from
// the module cache (or fetched), copied, and the labelled package vetted under
// the build tags that its file asks for. Read score.go for what counts as a hit.
//
// It exits with 0, with 1 when the tool itself fails, with 2 on wrong usage, and
// with 3 when -min-recall or -max-false is given and not reached.
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
)

// errThreshold says that the score is worse than the flags allow.
var errThreshold = errors.New("score is worse than allowed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errThreshold):
		fmt.Fprintf(os.Stderr, "labels: %v\n", err)
		os.Exit(3)
	default:
		fmt.Fprintf(os.Stderr, "labels: %v\n", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

type options struct {
	set, vettool, classes, work, format string
	minRecall, maxFalse                 float64
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("labels", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.set, "set", "", "`file` with the labels (required)")
	flags.StringVar(&o.vettool, "vettool", "", "vettool `binary` to score (default: build cmd/hotvet)")
	flags.StringVar(&o.classes, "classes", "ABCDEFGHIJ", "`letters` of the classes to score")
	flags.StringVar(&o.work, "work", "", "`folder` to keep the copies of the modules in, and to find them again")
	flags.StringVar(&o.format, "format", "text", "text or json")
	flags.Float64Var(&o.minRecall, "min-recall", 0, "exit with 3 when a smaller `share` of the hazards is hit")
	flags.Float64Var(&o.maxFalse, "max-false", 1, "exit with 3 when a larger `share` of the safe lines is flagged")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errUsage
	}
	if o.set == "" || flags.NArg() > 0 || o.format != "text" && o.format != "json" {
		flags.Usage()
		return o, errUsage
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	labels, err := readSet(o.set, o.classes)
	if err != nil {
		return err
	}
	if o.work == "" {
		if o.work, err = os.MkdirTemp("", "labels"); err != nil {
			return err
		}
		defer os.RemoveAll(o.work)
	}
	if o.work, err = filepath.Abs(o.work); err != nil {
		return err
	}
	tool, err := vettool(ctx, o)
	if err != nil {
		return err
	}
	findings, err := vetAll(ctx, labels, o.work, tool, stderr)
	if err != nil {
		return err
	}
	results := score(labels, findings)
	total := summarize(results)
	if o.format == "json" {
		err = printJSON(stdout, results, total)
	} else {
		err = printText(stdout, results, total)
	}
	if err != nil {
		return err
	}
	return checkThresholds(total, o)
}

func checkThresholds(total tally, o options) error {
	if total.Hazards+total.Safe == 0 {
		return errors.New("no labelled file could be loaded")
	}
	// A limit that was asked for is not met by having nothing to measure.
	if o.minRecall > 0 && (total.Hazards == 0 || total.recall() < o.minRecall) {
		return fmt.Errorf("%w: %d of %d hazards hit", errThreshold, total.Hit, total.Hazards)
	}
	if total.falseRate() > o.maxFalse {
		return fmt.Errorf("%w: %d of %d safe lines flagged", errThreshold, total.Flagged, total.Safe)
	}
	return nil
}

// vettool returns the absolute path of the binary to score, built if need be.
func vettool(ctx context.Context, o options) (string, error) {
	if o.vettool != "" {
		path, err := filepath.Abs(o.vettool)
		if err != nil {
			return "", err
		}
		if _, err := os.Stat(path); err != nil {
			return "", err
		}
		return path, nil
	}
	if err := os.MkdirAll(o.work, 0o777); err != nil {
		return "", err
	}
	bin := filepath.Join(o.work, "hotvet")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "github.com/hotvet/hotvet/cmd/hotvet").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build cmd/hotvet: %v\n%s", err, out)
	}
	return bin, nil
}
