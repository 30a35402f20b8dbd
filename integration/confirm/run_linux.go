package confirm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// maxRuns is how often the program is run at most. A timer that outlives the exec
// kills most new images that take a while to reach Go, before they can say anything
// of themselves; another run may show the timer alive.
const maxRuns = 4

// socketName is the name by which the probe, from the folder of the binary one
// below, finds the hub.
const socketName = "probe.sock"

// Run runs the program and judges the findings.
//
// A program that does not build, does not come up, does not restart or ends on its
// own gives an error, and a result too when the findings could be judged in spite
// of it. When ctx ends there is only an error. Nothing of the run is left behind,
// in any case.
func Run(ctx context.Context, o Options, findings []*finding.Finding) (result *Result, err error) {
	// Resolved, because the probe finds its folder through /proc/self/exe.
	temp, err := filepath.EvalSymlinks(o.Temp)
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp(temp, "hotvet-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, removeAll(root)) }()

	o.Progress("building " + o.Target.ImportPath)
	binary, marked, err := prepare(ctx, o, root, findings)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return unreachedAll(findings, "the program could not be built"), err
	}
	obs, last, err := observe(ctx, o, root, binary)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case obs == nil:
		return unreachedAll(findings, "the program could not be brought to restart"), err
	}
	return judgeAll(findings, obs, func(i int) Site {
		site := Site{Counted: marked[i]}
		site.Ran, site.File = last.old.site(i)
		site.File = shorten(site.File, last.own)
		return site
	}), err
}

// prepare builds the program with the probe in it.
func prepare(ctx context.Context, o Options, root string, findings []*finding.Finding) (binary string, marked map[int]bool, err error) {
	overlay, marked, err := instrument(o.Target, o.Dir, findings)
	if err != nil {
		return "", nil, err
	}
	builder := build.NewBuilder(root, o.Dir, o.Env)
	binary, err = builder.Build(ctx, build.Spec{Package: o.Target.ImportPath, Tags: o.Tags, Overlay: overlay})
	return binary, marked, err
}

// observe runs the program until a new image could be looked at, or until it is
// plain that none will come.
func observe(ctx context.Context, o Options, root, binary string) (*Observation, *scenario, error) {
	lost := 0
	for run := 1; ; run++ {
		s := &scenario{
			Options: o,
			socket:  filepath.Join(root, socketName),
			binary:  binary,
			own:     filepath.Join(root, fmt.Sprintf("run%d", run)),
			fresh:   make(chan *link, 1),
		}
		obs, err := s.run(ctx)
		if obs == nil {
			return nil, nil, err
		}
		if obs.Killed == sigProf && obs.New == nil {
			lost++
		}
		obs.Runs, obs.Lost = run, lost
		if obs.New != nil || lost < run || run == maxRuns {
			return obs, s, err
		}
		o.Progress(fmt.Sprintf("SIGPROF killed the new image in run %d, running again", run))
	}
}

// removeAll removes the run's folder. A program that just died may still be
// closing files in it, on file systems that then keep an entry for a moment.
func removeAll(root string) error {
	var err error
	for range 10 {
		if err = os.RemoveAll(root); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
