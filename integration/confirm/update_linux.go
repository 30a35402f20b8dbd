package confirm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// A variant is one new build, and the findings that it tells something about.
type variant struct {
	structType int    // that has a field more; -1 for a build for another architecture
	change     string // what the new build has
	findings   []int
}

// updates takes the program through updates: for each struct that casts lay over
// memory, to a build in which that struct alone has changed.
func (r *runner) updates(ctx context.Context) error {
	began := time.Now()
	cost := finding.Cost{Trial: string(Update)}
	defer func() { r.costs = append(r.costs, cost) }()
	r.Progress(fmt.Sprintf("building %s (%s)", r.Target.ImportPath, Update), nil)
	limited, cancel := context.WithTimeoutCause(ctx, time.Duration(r.Scenario.Limits.Build), r.Scenario.Limits.Build.over("build"))
	defer cancel()
	b, err := r.build(limited, Update)
	if err != nil {
		r.opinions.fail(r.findings, Update, "the program could not be built")
		return err
	}
	cost.Build = time.Since(began).Seconds()
	var failures []error
	for _, v := range r.variants(b.marks.casts) {
		began := time.Now()
		b.update, err = r.buildVariant(limited, v, b.marks)
		cost.Build += time.Since(began).Seconds()
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			failures = append(failures, r.notBuilt(v, b.marks, err))
			continue
		}
		failures = append(failures, r.runVariant(ctx, v, b, &cost))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	failures = append(failures, r.compareLayouts(limited, b.marks.casts, b.old))
	return errors.Join(distinct(slices.DeleteFunc(failures, func(err error) bool { return err == nil }))...)
}

// variants returns the builds that are to be made, and says of the other findings
// why there is none for them.
func (r *runner) variants(plan *castPlan) (list []*variant) {
	byType := make(map[int]*variant)
	for _, i := range slices.Sorted(maps.Keys(plan.of)) {
		cast, f := plan.of[i], r.findings[i]
		if e := experiments[f.Category]; e.trial != Update {
			continue
		}
		reason := cast.reason
		if reason == "" && f.Category != "structcast/arch" {
			reason = plan.structs[cast.structType].reason
		}
		if reason != "" {
			r.opinions.add(i, unreached("%s", reason))
			r.countAll(i, unreached(""))
			continue
		}
		key, change := cast.structType, fmt.Sprintf("a field more at the beginning of %s", plan.structs[cast.structType].name)
		if f.Category == "structcast/arch" {
			key, change = -1, "a build for 386"
		}
		if byType[key] == nil {
			byType[key] = &variant{structType: key, change: change}
			list = append(list, byType[key])
		}
		byType[key].findings = append(byType[key].findings, i)
	}
	return list
}

// countAll counts an opinion that every run would give.
func (r *runner) countAll(i int, o opinion) {
	for range r.Scenario.Runs {
		r.opinions[i].count(o)
	}
}

// buildVariant makes a new build.
func (r *runner) buildVariant(ctx context.Context, v *variant, marks *marking) (string, error) {
	r.Progress(fmt.Sprintf("building %s (with %s)", r.Target.ImportPath, v.change), nil)
	overlay, _, err := instrument(r.Target, r.Dir, Update, r.findings, func(*marking) (map[string][]build.Text, error) {
		return marks.casts.changed(v.structType), nil
	})
	if err != nil {
		return "", err
	}
	markUpdated(overlay, r.Target)
	spec := build.Spec{Package: r.Target.ImportPath, Tags: r.Tags, Overlay: overlay}
	if v.structType < 0 {
		spec.Env = []string{"GOARCH=386", "CGO_ENABLED=0"}
	}
	return r.builder.Build(ctx, spec)
}

// notBuilt judges a new build that the compiler refuses: a check of the struct's
// size or offsets is what should stop it.
func (r *runner) notBuilt(v *variant, marks *marking, err error) error {
	var failed *build.Error
	if !errors.As(err, &failed) {
		for _, i := range v.findings {
			r.opinions.add(i, unreached("the new program could not be built"))
		}
		return err
	}
	message, guard := marks.casts.compilerSays(failed.Output)
	for _, i := range v.findings {
		o := unreached("the program does not build with %s: %s", v.change, message)
		if guard {
			o = refuted("a check of the layout stops the build",
				evidence("compiler", map[string]string{"message": message}, "with %s, the compiler refuses: %s", v.change, message))
		}
		r.opinions.add(i, o)
		r.countAll(i, o)
	}
	return nil
}

// runVariant runs an update as often as the scenario says, and judges it.
func (r *runner) runVariant(ctx context.Context, v *variant, b *binaries, cost *finding.Cost) error {
	for range r.Scenario.Runs {
		obs, err := r.once(ctx, Update, b)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		addCost(cost, obs)
		explained := false
		for _, i := range v.findings {
			o := r.judgeUpdate(i, v, obs, b.marks, err)
			explained = explained || o.ends || obs.Installed && o.result != finding.Unreached
			r.opinions[i].count(o)
			r.opinions.add(i, o)
		}
		if err != nil && !explained {
			return err
		}
	}
	return nil
}

func (r *runner) judgeUpdate(i int, v *variant, obs *Observation, marks *marking, err error) opinion {
	switch {
	case err != nil && !obs.Installed:
		return unreached("the old program could not be brought to run, and to run again")
	case err != nil && v.structType < 0 && strings.Contains(err.Error(), unix.ENOEXEC.Error()):
		return endingWith(unreached("this machine does not run programs for 386"))
	}
	f, plan := r.findings[i], marks.casts
	c := &Case{Finding: f, Site: marks.site(i, -1), Observation: obs}
	for end := range f.Related {
		c.Ends = append(c.Ends, marks.site(i, end))
	}
	cast := plan.of[i]
	c.cast = &castCase{structType: cast.structType, name: plan.structs[cast.structType].name, change: v.change, uses: plan.uses, made: cast.made}
	return experiments[f.Category].judge(c)
}

// planCasts plans what is put around the casts that findings of a trial are about,
// nil when there are none.
func (r *runner) planCasts(ctx context.Context, t Trial, m *marking) (*castPlan, error) {
	wanted := func(f *finding.Finding) bool {
		e, ok := castExperiments[f.Category]
		return ok && e.trial == t
	}
	if !slices.ContainsFunc(r.findings, wanted) {
		return nil, nil
	}
	o := r.Options
	o.Env = r.goEnv
	return planCasts(ctx, &o, r.findings, m, wanted)
}
