// Package watch is the profile heartbeat of a running service: on schedule it takes
// CPU, heap and goroutine profiles from its /debug/pprof, compares each with the one
// before, and notices gaps and restarts.
//
// # How a restart is noticed
//
// The health URL beside the profiles ([github.com/hotvet/hotvet/integration/healthz])
// tells pid, build id and when this image of the process began: any change is a
// restart. Without it three things remain, and a restart that shows in none of them
// is not noticed:
//
//   - the build id that profiles name for the program, which is that of another program;
//   - the command line, of /debug/pprof/cmdline;
//   - the bytes allocated since the start, the sum of alloc_space in the heap profile:
//     each of its buckets only grows (runtime/mprof.go), so that less than before
//     is another process.
//
// # What it asks
//
// Only the host that was named is asked, without a proxy; a redirect to another
// host, port or scheme is refused. One request is open at a time, so never more than
// one CPU profile. When somebody else takes one, the server says so, and it is asked
// again some time later, at most eight times in a round. Answers are bounded in
// size and time.
package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/profile"
	"github.com/hotvet/hotvet/integration/watch/diffview"
)

// Config says what to watch.
type Config struct {
	URL        string        // of /debug/pprof/; a URL without a path means that
	Interval   time.Duration // between the starts of two rounds
	CPU        time.Duration // length of CPU profiles, whole seconds
	Store      string        // folder to keep profiles in; empty: nothing on disk
	Keep       int           // newest files of each kind in Store
	Functions  int           // rows of each comparison
	Thresholds Thresholds
}

// A Round is what one look at the service showed.
type Round struct {
	Time     time.Time    `json:"time"`
	URL      string       `json:"url"`
	Process  Process      `json:"process"`
	Score    *int         `json:"score,omitempty"` // of the health URL
	Profiles []Taken      `json:"profiles"`
	Restart  string       `json:"restart,omitempty"`     // what shows that this is another process
	Gap      *float64     `json:"gap_seconds,omitempty"` // between the last CPU profile and this one
	Diffs    []Comparison `json:"diffs,omitempty"`
	Alerts   []string     `json:"alerts,omitempty"` // what is over a threshold
	Errors   []string     `json:"errors,omitempty"` // what could not be taken or kept
	Notes    []string     `json:"notes,omitempty"`
}

// Taken is one profile of a round.
type Taken struct {
	Kind  string `json:"kind"` // cpu, heap or goroutine
	Bytes int    `json:"bytes"`
	File  string `json:"file,omitempty"` // in the store
}

// A Comparison is that of a profile with the one before.
type Comparison struct {
	Kind      string `json:"kind"`
	TooLittle bool   `json:"too_little,omitempty"` // was measured to judge by the stacks
	diffview.Summary
}

// A Watcher watches one service.
type Watcher struct {
	config Config
	source *source
	store  *store // nil: none

	mu      sync.Mutex // one round at a time
	loaded  bool
	last    map[string]*pprof.Profile
	process Process
	seen    time.Time // when the last CPU profile was taken, or asked for first, on this host's clock
	down    bool      // a gap that goes on was alerted
	young   bool      // the last profiles are the first of their process
}

// New returns a Watcher. It makes the folder of the store, but asks nothing yet.
func New(config Config) (*Watcher, error) {
	src, err := newSource(config.URL)
	switch {
	case err != nil:
		return nil, err
	case config.CPU < time.Second || config.CPU%time.Second != 0 || config.CPU > maxCPU:
		return nil, fmt.Errorf("a CPU profile takes whole seconds, from 1s to %v, not %v", maxCPU, config.CPU)
	case config.Interval < config.CPU:
		return nil, fmt.Errorf("the interval %v is shorter than a CPU profile of %v", config.Interval, config.CPU)
	}
	if err := config.Thresholds.valid(); err != nil {
		return nil, err
	}
	w := &Watcher{config: config, source: src, last: make(map[string]*pprof.Profile)}
	if config.Store != "" {
		w.store, err = openStore(config.Store, *src.base, config.Keep)
	}
	return w, err
}

// Round looks at the service once. Its only error is that ctx has ended: what the
// service does wrong is in the Round.
func (w *Watcher) Round(ctx context.Context) (Round, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := Round{Time: time.Now().Round(0), URL: w.source.base.Redacted(), Profiles: []Taken{}}
	if w.store != nil && !w.loaded {
		w.load(&r)
	}
	w.loaded = true
	if w.seen.IsZero() {
		w.seen = time.Now()
	}
	now, files := w.take(ctx, &r)
	if ctx.Err() != nil {
		return Round{}, ctx.Err()
	}
	w.keep(&r, files)
	r.Restart = w.process.changed(r.Process)
	w.gap(&r, now["cpu"])
	for _, kind := range kinds {
		if w.last[kind.name] == nil || now[kind.name] == nil {
			continue
		}
		d, err := profile.Compare(w.last[kind.name], now[kind.name])
		if err != nil {
			r.Errors = append(r.Errors, kind.name+": "+err.Error())
			continue
		}
		judged := w.config.Thresholds.judge(&r, kind.name, d, now[kind.name].Period, w.young)
		r.Diffs = append(r.Diffs, Comparison{kind.name, !judged, diffview.Summarize(d, w.config.Functions)})
	}
	w.config.Thresholds.judgeProcess(&r)
	maps.Copy(w.last, now)
	w.process = w.process.merge(r.Process)
	if len(now) > 0 {
		w.young = r.Restart != ""
	}
	return r, nil
}

// identify asks which process it is. The error is that nothing answers.
func (w *Watcher) identify(ctx context.Context, r *Round, files map[string][]byte) error {
	health, data, err := w.source.health(ctx)
	line, lineErr := w.source.cmdline(ctx)
	switch {
	case errors.Is(err, errSilent) && errors.Is(lineErr, errSilent):
		return lineErr
	case err == nil:
		files["health"] = data
		r.Score = &health.Score
		r.Process.tell(health)
	case !errors.Is(err, errAbsent):
		r.Notes = append(r.Notes, "health: "+err.Error())
	case w.process.Health:
		r.Notes = append(r.Notes, "health: the URL is gone")
	}
	if lineErr == nil {
		r.Process.Cmdline = line
	}
	return nil
}

// take asks for everything. Where nothing answers it asks no more: three profiles
// would take a minute to find the same.
func (w *Watcher) take(ctx context.Context, r *Round) (map[string]*pprof.Profile, map[string][]byte) {
	files := make(map[string][]byte)
	if err := w.identify(ctx, r, files); err != nil {
		r.Errors = append(r.Errors, err.Error())
		return nil, files
	}
	now := make(map[string]*pprof.Profile)
	for _, kind := range kinds {
		p, data, err := w.source.profile(ctx, kind, w.config.CPU, func(note string) { r.Notes = append(r.Notes, note) })
		if ctx.Err() != nil {
			return nil, nil
		}
		if err != nil {
			r.Errors = append(r.Errors, kind.name+": "+err.Error())
			continue
		}
		r.Process.show(kind.name, p)
		now[kind.name], files[kind.name] = p, data
	}
	return now, files
}

// keep stores what was taken.
func (w *Watcher) keep(r *Round, files map[string][]byte) {
	for _, kind := range kinds {
		if data, ok := files[kind.name]; ok {
			r.Profiles = append(r.Profiles, Taken{Kind: kind.name, Bytes: len(data)})
		}
	}
	if w.store == nil {
		return
	}
	for i, t := range r.Profiles {
		name, err := w.store.save(t.Kind, r.Time, files[t.Kind])
		if err != nil {
			r.Errors = append(r.Errors, err.Error())
		}
		r.Profiles[i].File = name
	}
	if data, ok := files["health"]; ok {
		if _, err := w.store.save("health", r.Time, data); err != nil {
			r.Errors = append(r.Errors, err.Error())
		}
	}
}

// gap measures how long the service was not sampled. When there is no new profile,
// the time since the last one counts, and is alerted once.
func (w *Watcher) gap(r *Round, cpu *pprof.Profile) {
	limit := w.config.Thresholds.MaxGap
	if cpu == nil {
		if since := time.Since(w.seen); since > limit && !w.down {
			w.down = true
			r.alert("no CPU profile for %s, threshold %s", since.Round(time.Second), limit)
		}
		return
	}
	w.seen, w.down = time.Now(), false
	if w.last["cpu"] == nil {
		return
	}
	gap, err := profile.Gap(profile.Describe(w.last["cpu"]).Window(), profile.Describe(cpu).Window())
	switch {
	case err != nil:
		r.Notes = append(r.Notes, "gap: "+err.Error())
		return
	case gap > limit:
		r.alert("no CPU profile for %s, threshold %s", gap.Round(time.Second), limit)
	}
	seconds := gap.Seconds()
	r.Gap = &seconds
}

// load takes the newest profiles of the store for those before, leaving out damaged
// ones.
func (w *Watcher) load(r *Round) {
	for _, kind := range kinds {
		for _, name := range w.store.newest(kind.name) {
			p, err := w.store.profile(name)
			if err != nil {
				r.Notes = append(r.Notes, name+": "+err.Error())
				continue
			}
			w.last[kind.name] = p
			w.process.show(kind.name, p)
			break
		}
	}
	for _, name := range w.store.newest("health") {
		health, err := w.store.health(name)
		if err != nil {
			r.Notes = append(r.Notes, name+": "+err.Error())
			continue
		}
		w.process.tell(health)
		break
	}
}
