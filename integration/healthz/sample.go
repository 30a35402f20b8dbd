package healthz

import (
	"runtime/metrics"
	"runtime/trace"
	"time"
)

type metric = metrics.Sample

// The metrics that a check reads, by their place in Checker.metrics.
const (
	goroutines = iota
	outsideGo
	callsToC
	heapObjects
	heapUnused
	heapGoal
	gcTotal
	gcIdle
	cpuTotal
	metricCount
)

func newMetrics() []metric {
	list := make([]metric, metricCount)
	for i, name := range []string{
		goroutines:  "/sched/goroutines:goroutines",
		outsideGo:   "/sched/goroutines/not-in-go:goroutines",
		callsToC:    "/cgo/go-to-c-calls:calls",
		heapObjects: "/memory/classes/heap/objects:bytes",
		heapUnused:  "/memory/classes/heap/unused:bytes",
		heapGoal:    "/gc/heap/goal:bytes",
		gcTotal:     "/cpu/classes/gc/total:cpu-seconds",
		gcIdle:      "/cpu/classes/gc/mark/idle:cpu-seconds",
		cpuTotal:    "/cpu/classes/total:cpu-seconds",
	} {
		list[i].Name = name
	}
	return list
}

// A sample is what the process was like at one moment.
type sample struct {
	at      time.Time
	startup bool // from before the service served
	values  [metricCount]float64
	unknown [metricCount]bool // another version of Go may not have a metric
	quotas  []quota           // as Checker.quotas
}

// sample takes one. The lock must be held.
func (c *Checker) sample(now time.Time) sample {
	s := sample{at: now}
	metrics.Read(c.metrics)
	for i, m := range c.metrics {
		switch m.Value.Kind() {
		case metrics.KindUint64:
			s.values[i] = float64(m.Value.Uint64())
		case metrics.KindFloat64:
			s.values[i] = m.Value.Float64()
		default:
			s.unknown[i] = true
		}
	}
	for _, name := range c.quotas {
		s.quotas = append(s.quotas, readQuota(name))
	}
	open, timers, err := profileOpen()
	c.profile.see(now, open, timers, err)
	c.trace.see(now, trace.IsEnabled(), nil, nil)
	return s
}

// samplesPerWindow is how many samples are kept at most. Requests may come faster.
const samplesPerWindow = 60

// keep remembers a sample, and forgets those that are too old to be the oldest one
// that is needed.
func (c *Checker) keep(now sample) {
	if last := c.past[len(c.past)-1]; !last.startup && now.at.Sub(last.at) < c.window/samplesPerWindow {
		return
	}
	c.past = append(c.past, now)
	old := 0
	for old < len(c.past)-2 && now.at.Sub(c.past[old].at) > c.window {
		old++
	}
	c.past = append(c.past[:0], c.past[old:]...)
}

// A sighting is for how long something was seen open.
type sighting struct {
	open   bool
	first  time.Time
	timers timers
	err    error
}

// timers are the numbers of the timers that CPU profiles set, by thread.
type timers map[int]int64

// see takes note of whether it is open now.
func (s *sighting) see(now time.Time, open bool, t timers, err error) {
	if !open || !s.open || !t.sameAs(s.timers) {
		s.first = now
	}
	s.open, s.timers, s.err = open, t, err
}

// sameAs reports whether the timers are of the same profile as those seen before.
// A profile gives each thread that runs a new one, with a new number. The timers of
// threads that have not run since the profile before are left from there
// (runtime/os_linux.go, setThreadCPUProfiler), so that those that stay tell nothing.
func (t timers) sameAs(before timers) bool {
	common := 0
	for thread, number := range t {
		old, known := before[thread]
		if known && old != number {
			return false
		}
		if known {
			common++
		}
	}
	return common > 0 || len(t) == 0 && len(before) == 0
}

// seconds returns how long it has been open, as far as it was seen.
func (s *sighting) seconds(now time.Time) float64 {
	if !s.open {
		return 0
	}
	return now.Sub(s.first).Seconds()
}
