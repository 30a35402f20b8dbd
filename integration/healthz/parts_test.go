package healthz

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// at returns a sample with some metrics, minutes after the start.
func at(minutes float64, values map[int]float64) sample {
	s := sample{at: time.Unix(1_700_000_000, 0).Add(time.Duration(minutes * float64(time.Minute)))}
	for i, v := range values {
		s.values[i] = v
	}
	return s
}

// judge returns a part after a row of samples.
func judge(t *testing.T, c *Checker, name string, list ...sample) Part {
	t.Helper()
	list[0].startup = true
	c.past = []sample{list[0]}
	var h Health
	for _, s := range list[1:] {
		h = c.check(s)
	}
	for _, p := range h.Parts {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no part %s", name)
	return Part{}
}

func checker() *Checker { return &Checker{window: 10 * time.Minute, stuckAfter: 5 * time.Minute} }

func expect(t *testing.T, name string, p Part, value float64, score int) {
	t.Helper()
	switch {
	case score < 0 && (p.Score != nil || p.Reason == ""):
		t.Errorf("%s: %+v, want no score but a reason", name, p)
	case score >= 0 && (p.Score == nil || *p.Score != score || p.Value != value):
		t.Errorf("%s: %+v, want value %v, score %d", name, p, value, score)
	}
}

func TestThrottling(t *testing.T) {
	quotas := func(minutes float64, list ...quota) sample {
		s := at(minutes, nil)
		s.quotas = list
		return s
	}
	one := func(a, b quota) Part { return judge(t, checker(), "throttling", quotas(0, a), quotas(1, b)) }
	expect(t, "no cgroup", judge(t, checker(), "throttling", quotas(0), quotas(1)), 0, -1)
	expect(t, "no quota", one(quota{}, quota{}), 0, 100)
	expect(t, "none", one(quota{periods: 100, throttled: 90}, quota{periods: 200, throttled: 90}), 0, 100)
	expect(t, "a quarter", one(quota{periods: 100}, quota{periods: 200, throttled: 25}), 0.25, 56)
	expect(t, "all", one(quota{periods: 100}, quota{periods: 200, throttled: 100}), 1, 0)
	expect(t, "moved", one(quota{periods: 100, throttled: 50}, quota{periods: 10, throttled: 5}), 0, 100)
	expect(t, "unreadable", one(quota{}, quota{err: errors.New("gone")}), 0, -1)
	expect(t, "first moments", judge(t, checker(), "throttling",
		quotas(0, quota{}), quotas(0.1, quota{periods: 1, throttled: 1})), 0, -1)
	expect(t, "the parent", judge(t, checker(), "throttling",
		quotas(0, quota{}, quota{}), quotas(1, quota{periods: 10}, quota{periods: 10, throttled: 5})), 0.5, 0)
}

func TestGrowth(t *testing.T) {
	rows := func(c *Checker, every float64, counts ...float64) Part {
		var list []sample
		for i, n := range counts {
			list = append(list, at(float64(i)*every, map[int]float64{goroutines: n}))
		}
		return judge(t, c, "goroutines", list...)
	}
	// load is what a service with clients has: some at first, from a minute on as many
	// as are given, at the rate that is given, and at the end as many as at first.
	load := func(from, to, last, rate float64) (counts []float64) {
		counts, n := []float64{5}, 10.0
		for minute := range 30 {
			switch m := float64(minute); {
			case m >= from && m < last:
				n = min(n+rate, to)
			case m >= last:
				n = 10
			}
			counts = append(counts, n)
		}
		return counts
	}
	c := checker()
	expect(t, "first check", rows(c, 1, 5, 10), 0, -1)
	expect(t, "too close", rows(c, 0.1, 5, 10, 10, 10, 10), 0, -1)
	expect(t, "start-up", rows(c, 1, 5, 1000, 1000, 1000, 1000), 0, -1)
	expect(t, "gaps", rows(c, 2.5, 5, 200, 400, 800, 1600, 3200), 0, -1)
	expect(t, "steady", rows(c, 1, 5, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300), 1, 100)
	expect(t, "few", rows(c, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 0.11, 100)
	expect(t, "leak", rows(c, 1, 5, 200, 300, 400, 500, 600, 700, 850, 950, 1050, 1150), 5.5, 56)
	expect(t, "explosion", rows(c, 1, 5, 200, 2250, 9000, 12000, 20000, 23000, 30000, 33000, 80000, 99999), 93.25, 0)
	expect(t, "leak beneath bursts", rows(c, 0.5, 5,
		200, 9000, 9000, 300, 400, 9000, 9000, 500, 600, 9000, 9000, 700, 800, 9000, 9000, 900, 1000, 9000, 9000, 1100), 5.5, 56)

	// Load that comes and goes is no leak, whenever one looks.
	for _, counts := range [][]float64{
		load(1, 5000, 20, 5000), // at once
		load(1, 5000, 20, 1000), // within five minutes
		load(12, 5000, 25, 900),
		load(5, 5000, 25, 720), // within seven minutes
		load(3, 5000, 4, 5000),
	} {
		for end := 2; end <= len(counts); end++ {
			if p := rows(c, 1, counts[:end]...); p.Score != nil && *p.Score < 100 {
				t.Errorf("load %v: %+v", counts[:end], p)
			}
		}
	}
	if n := len(c.past); n > samplesPerWindow+2 {
		t.Errorf("%d samples kept", n)
	}
}

// TestKeep: asking often does not push out the samples that growth needs, and asking
// rarely leaves one to compare with.
func TestKeep(t *testing.T) {
	c := checker()
	c.past = []sample{at(0, nil)}
	for i := range 20000 {
		c.keep(at(float64(i)/1000, nil))
	}
	oldest := at(20, nil).at.Sub(c.past[0].at)
	if n := len(c.past); n > samplesPerWindow+2 || oldest < 9*time.Minute || oldest > 11*time.Minute {
		t.Errorf("%d samples, the oldest %v old", n, oldest)
	}
	c.keep(at(500, nil))
	c.keep(at(1000, nil))
	if len(c.past) != 2 || !c.past[0].at.Equal(at(500, nil).at) {
		t.Errorf("rare: %d samples, the oldest from %v", len(c.past), c.past[0].at)
	}
}

func TestHeap(t *testing.T) {
	heap := func(objects, unused, goal float64) Part {
		s := map[int]float64{heapObjects: objects * (1 << 20), heapUnused: unused * (1 << 20), heapGoal: goal * (1 << 20)}
		return judge(t, checker(), "heap", at(0, s), at(1, s))
	}
	expect(t, "small", heap(1, 63, 4), 0, 100)
	expect(t, "half", heap(500, 500, 500), 0.5, 100)
	expect(t, "most", heap(300, 700, 300), 0.7, 50)
	expect(t, "nearly all", heap(100, 900, 90), 0.9, 0)
	expect(t, "of little use", heap(100, 900, 200), 0.8, 25)
	expect(t, "before a collection that is far", heap(100, 900, 2000), 0, 100)
	expect(t, "no collection", heap(100, 900, 1<<44), 0, 100)
}

func TestGC(t *testing.T) {
	gc := func(total, idle, cpu float64) Part {
		return judge(t, checker(), "gc",
			at(0, map[int]float64{gcTotal: 10, gcIdle: 1, cpuTotal: 100}),
			at(1, map[int]float64{gcTotal: 10 + total, gcIdle: 1 + idle, cpuTotal: 100 + cpu}))
	}
	expect(t, "none", gc(0, 0, 0), 0, 100)
	expect(t, "idle", gc(50, 50, 100), 0, 100)
	expect(t, "what the run-time takes", gc(25, 0, 100), 0.25, 100)
	expect(t, "assists", gc(30, 0, 100), 0.3, 80)
	expect(t, "limit", gc(50, 0, 100), 0.5, 0)
	first := map[int]float64{gcTotal: 1, cpuTotal: 2}
	expect(t, "first moments", judge(t, checker(), "gc", at(0, nil), at(0.1, first)), 0, -1)
	expect(t, "afterwards", judge(t, checker(), "gc", at(0, nil), at(0.1, first), at(1, first)), 0.5, 0)
}

func TestCgo(t *testing.T) {
	c := func(outside, calls float64) Part {
		s := map[int]float64{outsideGo: outside, callsToC: calls}
		return judge(t, checker(), "cgo", at(0, s), at(1, s))
	}
	expect(t, "system calls alone", c(900, 0), 0, 100)
	expect(t, "few", c(3, 1), 3, 100)
	expect(t, "many", c(550, 1), 550, 50)
	expect(t, "out of threads", c(9000, 1), 9000, 0)
}

func TestUnknownMetric(t *testing.T) {
	s := at(1, nil)
	for i := range s.unknown {
		s.unknown[i] = true
	}
	for _, name := range []string{"goroutines", "heap", "gc", "cgo"} {
		expect(t, name, judge(t, checker(), name, at(0, nil), s), 0, -1)
	}
}

// TestStuck: one profile that stays open counts, one after the other does not.
func TestStuck(t *testing.T) {
	begin := at(0, nil).at
	stuck := func(c *Checker, minutes float64) Part {
		now := begin.Add(time.Duration(minutes * float64(time.Minute)))
		value, reason, err := c.stuck(now)
		return part("profile", "seconds", 300, 300)(value, reason, err)
	}
	see := func(minutes ...float64) *Checker {
		c := checker()
		for i, m := range minutes {
			now := begin.Add(time.Duration(m * float64(time.Minute)))
			c.profile.see(now, true, timers{1: 0, 2: int64(i)}, nil) // thread 1 sleeps
		}
		return c
	}
	expect(t, "none", stuck(checker(), 6), 0, 100)
	expect(t, "short", stuck(see(0), 4), 240, 100)
	expect(t, "stuck", stuck(see(0), 6), 360, 0)
	expect(t, "one after the other", stuck(see(0, 5), 6), 60, 100)

	c := see(0)
	c.profile.see(begin.Add(time.Minute), false, nil, nil)
	expect(t, "stopped", stuck(c, 6), 0, 100)

	c = checker()
	c.profile.see(begin, true, timers{}, nil)
	c.profile.see(begin.Add(time.Minute), true, timers{}, nil)
	p := stuck(c, 6)
	expect(t, "left from an earlier image", p, 360, 0)
	if !strings.Contains(p.Reason, "earlier image") {
		t.Errorf("reason %q", p.Reason)
	}

	c = checker()
	c.profile.see(begin, true, nil, errors.New("no /proc"))
	expect(t, "since when unknown", stuck(c, 6), 0, -1)

	c = checker()
	c.trace.see(begin, true, nil, nil)
	expect(t, "flight recorder", stuck(c, 60), 0, 100)
	c.countTraces = true
	expect(t, "trace", stuck(c, 6), 360, 0)
	c.profile.see(begin, true, nil, errors.New("no /proc"))
	expect(t, "trace, profile unknown", stuck(c, 6), 360, 0)
}

func TestSameTimers(t *testing.T) {
	for _, tt := range []struct {
		before, now timers
		want        bool
	}{
		{timers{1: 1}, timers{1: 1}, true},
		{timers{1: 1}, timers{1: 1, 2: 5}, true}, // a thread began
		{timers{1: 1, 2: 2}, timers{2: 2}, true}, // a thread ended
		{timers{1: 1, 2: 2}, timers{1: 1, 2: 3}, false},
		{timers{1: 1}, timers{2: 2}, false},
		{timers{}, timers{}, true},
		{timers{}, timers{1: 1}, false},
	} {
		if got := tt.now.sameAs(tt.before); got != tt.want {
			t.Errorf("%v after %v: %v", tt.now, tt.before, got)
		}
	}
}
