package confirm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
	cost := Cost{Trial: Update}
	defer func() { r.costs = append(r.costs, cost) }()
	r.Progress(fmt.Sprintf("building %s (%s)", r.Target.ImportPath, Update), nil)
	limited, cancel := context.WithTimeoutCause(ctx, time.Duration(r.Scenario.Limits.Build), errLimit)
	defer cancel()
	b, err := r.build(limited, Update)
	if err != nil {
		r.opinions.fail(r.findings, Update, "the program could not be built")
		return err
	}
	cost.Build = time.Since(began)
	var failures []error
	for _, v := range r.variants(b.marks.casts) {
		began := time.Now()
		b.update, err = r.buildVariant(limited, v, b.marks)
		cost.Build += time.Since(began)
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
	folder := filepath.Join(r.Target.ModuleDir, "internal", probeName)
	overlay[filepath.Join(folder, "build.go")] = []byte("package " + probeName + "\n\nconst updated = true\n")
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
func (r *runner) runVariant(ctx context.Context, v *variant, b *binaries, cost *Cost) error {
	for range r.Scenario.Runs {
		obs, err := r.once(ctx, Update, b)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cost.Run += obs.Took
		cost.Peak = max(cost.Peak, obs.Peak)
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

// runsUpdate takes the program through an update. A program that is not told how to
// replace itself is stopped and started again in the same folder.
func (s *session) runsUpdate(ctx context.Context) error {
	if len(s.Scenario.Restart) > 0 && !s.Scenario.Ends {
		return s.updateHot(ctx)
	}
	for phase := range 3 {
		if phase > 0 {
			s.finish(ctx)
			if err := s.proc.Close(); err != nil {
				return err
			}
			if phase == 2 {
				if err := s.installUpdate(); err != nil {
					return err
				}
			}
			if err := s.launch(); err != nil {
				return err
			}
		}
		if err := s.serve(ctx); err != nil {
			return err
		}
	}
	return nil
}

// serve has the program do its work: until its end, or by requests.
func (s *session) serve(ctx context.Context) error {
	if s.Scenario.Ends {
		return s.untilEnd(ctx)
	}
	if err := s.ready(ctx, "does not serve", s.Scenario.Limits.Ready); err != nil {
		return err
	}
	s.obs.Began = true
	list, err := s.targets()
	if err != nil {
		return err
	}
	s.Progress(fmt.Sprintf("sending requests to %d targets", len(list)), nil)
	s.obs.Before = load(ctx, list, s.Scenario.Count)
	return nil
}

// updateHot has the program replace itself twice: by itself, and by the new build.
func (s *session) updateHot(ctx context.Context) error {
	if err := s.serve(ctx); err != nil {
		return err
	}
	if err := s.restart(ctx); err != nil {
		return err
	}
	s.awaitHandover(ctx)
	if err := s.installUpdate(); err != nil {
		return err
	}
	return s.restart(ctx)
}

// awaitHandover waits, but not for long, for the end of a process that has started
// another in its place.
func (s *session) awaitHandover(ctx context.Context) {
	s.mu.Lock()
	handed := len(s.images) > 0 && s.images[len(s.images)-1].pid != s.proc.PID()
	s.mu.Unlock()
	if !handed {
		return
	}
	select {
	case <-s.proc.Done():
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
	}
}

// installUpdate puts the new binary in the place of the old one.
func (s *session) installUpdate() error {
	s.mu.Lock()
	s.obs.Installed = true
	s.mu.Unlock()
	return os.Rename(s.update, s.binary)
}

// Limits of what is kept of files that the old program left, in bytes.
const (
	maxLeftFile = 16 << 20
	maxLeft     = 128 << 20
)

// A leftFile is what was in a file when the new program started.
type leftFile struct {
	name string
	data []byte
}

// keepLeft keeps what the old program left, before the new one, process pid, runs.
func (s *session) keepLeft(pid int) {
	s.mu.Lock()
	done := s.left != nil
	paths := make(map[string]bool)
	for _, m := range s.images {
		m.link.mu.Lock()
		for _, casts := range m.link.casts {
			for _, c := range casts {
				if c.File != "" {
					paths[c.File] = true
				}
			}
		}
		m.link.mu.Unlock()
	}
	s.mu.Unlock()
	if done {
		return
	}
	left := []leftFile{}
	total := int64(0)
	keep := func(path, name string) {
		data := readRegular(path, min(maxLeftFile, maxLeft-total))
		if total += int64(len(data)); len(data) > 0 {
			left = append(left, leftFile{name, data})
		}
	}
	_ = filepath.WalkDir(s.own, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			keep(path, shorten(path, filepath.Join(s.own, "work")))
			delete(paths, path)
		}
		return nil
	})
	for path := range paths {
		if strings.HasSuffix(path, " (deleted)") { // a memfd has no other name
			path = openedAs(pid, path)
		}
		if path != "" {
			keep(path, path)
		}
	}
	s.mu.Lock()
	s.left = left
	s.mu.Unlock()
}

// openedAs returns the name in /proc of a descriptor of a process.
func openedAs(pid int, target string) string {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, name := range names {
		if got, err := os.Readlink(name); err == nil && got == target {
			return name
		}
	}
	return ""
}

// readRegular reads the beginning of a regular file.
func readRegular(path string, limit int64) []byte {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil
	}
	return data
}

// trace finds out which bytes the new program m read are those of the old one.
func (s *session) trace(m *image) {
	if !m.Updated {
		return
	}
	for site, casts := range m.Casts {
		size := s.oldSize(site)
		for i, c := range casts {
			if size == 0 || len(c.Raw) < size || zero(c.Raw[:size]) {
				continue
			}
			for _, f := range s.left {
				if at := bytes.Index(f.data, c.Raw[:size]); at >= 0 {
					casts[i].From = fmt.Sprintf("%s at byte %d, as the old program left it", f.name, at)
					break
				}
			}
		}
	}
}

// oldSize returns the size of the struct at a site in the old program.
func (s *session) oldSize(site int) int {
	for _, m := range s.images {
		if !m.Updated && len(m.Casts[site]) > 0 {
			return m.Casts[site][0].Size
		}
	}
	return 0
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
	return planCasts(ctx, &r.Options, r.findings, m, wanted)
}
