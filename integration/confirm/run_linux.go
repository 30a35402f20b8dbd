package confirm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/process"
)

// maxLost is how often a run is repeated, at most, because nothing follows from how
// it ended.
const maxLost = 3

// Run runs the program and judges the findings.
//
// A program that does not build, does not come up, does not restart or ends on its
// own gives an error, and a result too when the findings could be judged in spite
// of it. When ctx ends there is only an error. Nothing of the run is left behind,
// in any case.
func Run(ctx context.Context, o Options, findings []*finding.Finding) (result *Result, err error) {
	run, err := newRun(o.Temp)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	env, err := goEnv(run, o.Env)
	if err != nil {
		return nil, err
	}
	findings = complete(o.Target, o.Dir, findings)
	r := &runner{
		Options: o, run: run, goEnv: env, findings: findings,
		builder: build.NewBuilder(run.Folder(), o.Dir, env), opinions: newOpinions(findings),
	}
	var failures []error
	for _, t := range trials(findings) {
		if err := r.trial(ctx, t); err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	result = r.opinions.result(findings)
	result.Costs, result.Checks = r.costs, r.checks
	return result, errors.Join(distinct(failures)...)
}

// distinct leaves out errors that say the same: the trials of one program fail in
// the same way.
func distinct(list []error) (out []error) {
	seen := make(map[string]bool)
	for _, err := range list {
		if !seen[err.Error()] {
			seen[err.Error()] = true
			out = append(out, err)
		}
	}
	return out
}

// A runner takes the program through its trials.
type runner struct {
	Options
	run      *process.Run
	goEnv    []string // environment of the go command
	builder  *build.Builder
	findings []*finding.Finding
	opinions opinions
	costs    []finding.Cost
	checks   []finding.Row // of the last restart
	sessions int
	newBuild func(ctx context.Context) (string, error) // of the user's new version, nil before it was asked for
}

// binaries are what one trial needs.
type binaries struct {
	old, update string
	marks       *marking
}

// trial builds the program as a trial needs it, and runs it.
func (r *runner) trial(ctx context.Context, t Trial) error {
	if r.opinions.done(r.findings, t) {
		return nil
	}
	if t == Update {
		return r.updates(ctx)
	}
	if reason := r.impossible(ctx, t); reason != "" {
		r.opinions.fail(r.findings, t, "%s", reason)
		return nil
	}
	began := time.Now()
	r.Progress(fmt.Sprintf("building %s (%s)", r.Target.ImportPath, t), nil)
	limited, cancel := context.WithTimeoutCause(ctx, time.Duration(r.Scenario.Limits.Build), r.Scenario.Limits.Build.over("build"))
	built, err := r.build(limited, t)
	cancel()
	if err != nil {
		r.opinions.fail(r.findings, t, "the program could not be built")
		return err
	}
	cost := finding.Cost{Trial: string(t), Build: time.Since(began).Seconds()}
	defer func() { r.costs = append(r.costs, cost) }()
	lost := 0
	for n := 1; n <= r.Scenario.Runs; n++ {
		obs, err := r.once(ctx, t, built)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if obs.Handover != nil {
			r.checks = obs.Handover.checks()
		}
		addCost(&cost, obs)
		reason := obs.saysNothing()
		again := reason != "" && lost < maxLost
		explained := r.opinions.judge(r.findings, obs, built.marks, !again)
		if again {
			lost++
			n--
			r.Progress(reason+", running again", nil)
			continue
		}
		if !obs.Began && err != nil {
			r.opinions.fail(r.findings, t, "the program could not be brought to serve")
		}
		if err != nil && !explained {
			return err
		}
	}
	return nil
}

// addCost adds one run to a cost.
func addCost(c *finding.Cost, o *Observation) {
	c.Runs++
	c.Run += o.Took.Seconds()
	c.CPU += o.CPU.Seconds()
	c.Peak = max(c.Peak, o.Peak)
}

// impossible says why a trial cannot be made here, empty when it can.
func (r *runner) impossible(ctx context.Context, t Trial) string {
	mode, ok := map[Trial]build.Mode{Race: build.ModeRace, ASan: build.ModeASan}[t]
	if !ok {
		return ""
	}
	reason, err := r.builder.Supports(ctx, mode, nil)
	if err != nil {
		return err.Error()
	}
	return reason
}

// build makes the binaries of a trial.
func (r *runner) build(ctx context.Context, t Trial) (*binaries, error) {
	overlay, marks, err := instrument(r.Target, r.Dir, t, r.findings, func(m *marking) (texts map[string][]build.Text, err error) {
		if m.casts, err = r.planCasts(ctx, t, m); err != nil || m.casts == nil {
			return nil, err
		}
		return m.casts.texts, nil
	})
	if err != nil {
		return nil, err
	}
	b := &binaries{marks: marks}
	spec := build.Spec{Package: r.Target.ImportPath, Tags: r.Tags, Overlay: overlay}
	switch t {
	case Race:
		spec.Race = true
		// Frames of the program's own functions are not hidden by inlining.
		spec.GCFlags = []string{r.Target.Module + "/...=-l"}
		files, err := build.IOSyncOverlay(ctx, r.Dir, r.goEnv)
		if err != nil {
			return nil, err
		}
		for name, data := range files {
			overlay[name] = data
		}
	case ASan:
		spec.ASan = true
	}
	if b.old, err = r.builder.Build(ctx, spec); err != nil {
		return nil, err
	}
	if t == Plain && len(r.Scenario.Restart) > 0 {
		b.update, err = r.buildNext(ctx, spec)
	}
	return b, err
}

// buildNext makes the binary that the program is replaced by: the user's new
// version, or else the same source with one function more, which moves code.
func (r *runner) buildNext(ctx context.Context, spec build.Spec) (string, error) {
	if r.New != "" {
		return r.newVersion(ctx)
	}
	overlay := maps.Clone(spec.Overlay)
	file := slices.Min(r.Target.Files)
	src, err := source(overlay, file)
	if err != nil {
		return "", err
	}
	if overlay[file], err = build.InsertFunction(file, src); err != nil {
		return "", err
	}
	markUpdated(overlay, r.Target)
	spec.Overlay = overlay
	return r.builder.Build(ctx, spec)
}

// source returns the content of a file as the overlay has it, or as it is on disk.
func source(overlay map[string][]byte, file string) ([]byte, error) {
	if src, ok := overlay[file]; ok {
		return src, nil
	}
	return os.ReadFile(file)
}

// once runs what was built once, in a folder of its own.
func (r *runner) once(ctx context.Context, t Trial, b *binaries) (*Observation, error) {
	r.sessions++
	s := &session{
		Options: r.Options, trial: t, run: r.run, binary: b.old,
		own: filepath.Join(r.run.Folder(), fmt.Sprintf("run%d", r.sessions)),
	}
	s.builds = b
	if b.update != "" {
		// The binary is replaced on disk before the restart, as an update does it.
		s.binary = filepath.Join(r.run.Folder(), fmt.Sprintf("installed%d", r.sessions), filepath.Base(b.old))
		s.update = s.binary + ".new"
		for from, to := range map[string]string{b.old: s.binary, b.update: s.update} {
			if err := install(from, to); err != nil {
				return &Observation{Trial: t}, err
			}
		}
	}
	if t == Plain {
		s.raise = signalsOf(r.findings)
	}
	for _, f := range r.findings {
		s.holding = s.holding || holds(f.Category) && experiments[f.Category].trial == t
		s.calls = s.calls || t == Plain && f.Category == "cgoexport/drain"
		s.starts = s.starts || t == Plain && f.Category == "cgoexport/ctor"
		s.profile = s.profile || t == Plain && f.Category == "profilestop/http"
	}
	// Every session counts its images from the beginning.
	if err := os.RemoveAll(filepath.Join(r.run.Folder(), countersName)); err != nil {
		return &Observation{Trial: t}, err
	}
	return s.observe(ctx)
}

// install links or copies a binary.
func install(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.Link(from, to)
}
