// Editbench measures what the suite costs in an editor: from an edit to the
// diagnostics of the edited text, and the largest memory of the server, with
// hotvet-gopls and with the same gopls without the suite.
//
// Usage: editbench [-n rounds] [-edits edits] [-module path@version] [-file name]
//
// A round is one session with each server, in turn, so that what else the machine
// does meets both. Each edit adds, and then takes away, a statement that an
// analyzer of gopls reports: the server publishes the findings of all analyzers
// at once. The first session of each fills its cache and is not counted.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/hotvet/hotvet/integration/drivers"
	"github.com/hotvet/hotvet/integration/internal/modcopy"
)

type options struct {
	root, module, version, file string
	rounds, edits               int
}

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "`folder` of hotvet's module")
	flag.StringVar(&o.module, "module", "golang.org/x/tools/gopls", "`path` of the module to edit")
	flag.StringVar(&o.version, "version", "v0.23.0", "its `version`")
	flag.StringVar(&o.file, "file", "internal/golang/hover.go", "`file` of it to edit")
	flag.IntVar(&o.rounds, "n", 5, "`rounds`")
	flag.IntVar(&o.edits, "edits", 5, "`edits` of a round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "editbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	work, err := os.MkdirTemp("", "editbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	servers, err := build(ctx, root, work)
	if err != nil {
		return err
	}
	dir, err := modcopy.Copy(ctx, filepath.Join(work, "modules"), o.module, o.version)
	if err != nil {
		return err
	}
	if err := load(ctx, dir); err != nil {
		return err
	}
	fmt.Printf("# Editing %s of %s@%s, %d rounds of %d edits\n", o.file, o.module, o.version, o.rounds, 2*o.edits)
	for _, delay := range []string{"1s", "0s"} {
		if err := compare(ctx, o, servers, dir, delay); err != nil {
			return err
		}
	}
	return nil
}

// load fetches what the module needs, and fails where a server would only be
// silent about packages that it cannot load.
func load(ctx context.Context, dir string) error {
	fetch := exec.CommandContext(ctx, "go", "mod", "download")
	fetch.Dir, fetch.Env = dir, modcopy.Env()
	if out, err := fetch.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod download: %w: %s", err, modcopy.FirstLine(string(out)))
	}
	_, err := drivers.Run(ctx, dir, nil, "go", "list", "-deps", "./...")
	return err
}

// build builds both servers from one module, so that all but the suite is equal.
func build(ctx context.Context, root, work string) ([]*server, error) {
	nested := filepath.Join(root, "cmd", "hotvet-gopls")
	servers := []*server{{name: "gopls", pkg: "golang.org/x/tools/gopls"}, {name: "hotvet-gopls", pkg: "."}}
	for _, s := range servers {
		s.exe, s.cache = filepath.Join(work, s.name), filepath.Join(work, s.name+"-cache")
		if _, err := drivers.Run(ctx, nested, nil, "go", "build", "-o", s.exe, s.pkg); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

// compare measures with a delay of diagnostics, for which an editor's user waits
// in any case: 1s is the default of gopls.
func compare(ctx context.Context, o *options, servers []*server, dir, delay string) error {
	for _, s := range servers {
		s.samples = nil
		if _, err := s.session(ctx, o, dir, delay); err != nil {
			return err
		}
	}
	for range o.rounds {
		for _, s := range servers {
			sample, err := s.session(ctx, o, dir, delay)
			if err != nil {
				return err
			}
			s.samples = append(s.samples, sample)
		}
	}
	report(os.Stdout, delay, servers)
	return nil
}
