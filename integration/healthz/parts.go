package healthz

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	fewGoroutines = 100      // fewer than these do not count as a start to grow from
	littleUnused  = 64 << 20 // bytes
)

var errNoMetric = errors.New("this version of Go does not tell")

// parts judges a sample by those before it.
func (c *Checker) parts(now sample) []Part {
	before := c.past[0]
	stuck := c.stuckAfter.Seconds()
	return []Part{
		part("throttling", "share", 0.05, 0.5)(throttling(before, now)),
		part("goroutines", "ratio", 2, 10)(c.growth(now)),
		part("heap", "share", 0.5, 0.9)(fragmentation(now)),
		part("gc", "share", 0.1, 0.5)(collection(before, now)),
		part("profile", "seconds", stuck, stuck)(c.stuck(now.at)),
		part("cgo", "count", 100, 1000)(outside(now)),
	}
}

// part returns a function that makes a part of its value and the reason for it, or
// of the reason for which there is none.
func part(name, unit string, good, bad float64) func(value float64, reason string, err error) Part {
	return func(value float64, reason string, err error) Part {
		p := Part{Name: name, Unit: unit, Good: good, Bad: bad, Reason: reason}
		if err != nil {
			p.Reason = err.Error()
			return p
		}
		p.Value = finite(value)
		n := score(p.Value, good, bad)
		p.Score = &n
		return p
	}
}

// score is 100 up to good, 0 from bad on, and falls in a straight line between.
func score(value, good, bad float64) int {
	switch {
	case value <= good:
		return 100
	case value >= bad:
		return 0
	}
	return int(math.Round(100 * (bad - value) / (bad - good)))
}

// finite keeps a value within what JSON can say.
func finite(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -math.MaxFloat64), math.MaxFloat64)
}

func throttling(before, now sample) (float64, string, error) {
	if len(now.quotas) == 0 {
		return 0, "", errors.New("no cgroup of this process tells its CPU quota")
	}
	worst, reason := 0.0, "no CPU quota was used up"
	for i, q := range now.quotas {
		if q.err != nil {
			return 0, "", q.err
		}
		if i >= len(before.quotas) || before.quotas[i].err != nil {
			continue
		}
		periods, throttled := q.periods-before.quotas[i].periods, q.throttled-before.quotas[i].throttled
		if share := ratio(throttled, periods); share > worst {
			worst = share
			reason = fmt.Sprintf("throttled in %.0f of %.0f periods of the last %s", throttled, periods, span(before, now))
		}
	}
	return worst, reason, nil
}

// growth compares the lows of the older and the newer half of the samples.
func (c *Checker) growth(now sample) (float64, string, error) {
	if now.unknown[goroutines] {
		return 0, "", errNoMetric
	}
	var list []sample
	for _, s := range c.past {
		if !s.startup {
			list = append(list, s)
		}
	}
	list = append(list, now)
	if len(list) < 4 || now.at.Sub(list[0].at) < c.window/10 {
		return 0, "", fmt.Errorf("%.0f goroutines; growth takes 4 checks over %s", now.values[goroutines], c.window/10)
	}
	low := func(list []sample) float64 {
		least := math.Inf(1)
		for _, s := range list {
			least = min(least, s.values[goroutines])
		}
		return least
	}
	older, newer := low(list[:len(list)/2]), low(list[len(list)/2:])
	reason := fmt.Sprintf("from at least %.0f to at least %.0f goroutines in %s", older, newer, span(list[0], now))
	return newer / max(older, fewGoroutines), reason, nil
}

func fragmentation(now sample) (float64, string, error) {
	if now.unknown[heapObjects] || now.unknown[heapUnused] {
		return 0, "", errNoMetric
	}
	objects, unused := now.values[heapObjects], now.values[heapUnused]
	reason := fmt.Sprintf("%.0f MB unused beside %.0f MB of objects", unused/(1<<20), objects/(1<<20))
	if unused < littleUnused {
		return 0, reason, nil
	}
	return ratio(unused, objects+unused), reason, nil
}

func collection(before, now sample) (float64, string, error) {
	if now.unknown[gcTotal] || now.unknown[gcIdle] || now.unknown[cpuTotal] {
		return 0, "", errNoMetric
	}
	since := func(i int) float64 { return now.values[i] - before.values[i] }
	used := since(gcTotal) - since(gcIdle)
	return ratio(used, since(cpuTotal)), fmt.Sprintf("%.3f s of CPU time in %s", max(used, 0), span(before, now)), nil
}

func (c *Checker) stuck(now time.Time) (float64, string, error) {
	seconds := 0.0
	if c.countTraces {
		seconds = c.trace.seconds(now)
	}
	if c.profile.err != nil && seconds <= c.stuckAfter.Seconds() {
		return 0, "", c.profile.err
	}
	var open []string
	switch {
	case c.profile.open && len(c.profile.timers) == 0:
		open = append(open, "a timer of CPU profiles runs that no thread set: it is left from an earlier image, or not from Go")
	case c.profile.open:
		open = append(open, "a CPU profile is open")
	}
	switch {
	case c.trace.open && c.countTraces:
		open = append(open, "a trace is open")
	case c.trace.open:
		open = append(open, "a trace or the flight recorder is on, which is not counted")
	}
	if open == nil {
		open = append(open, "none is open")
	}
	if c.profile.err == nil {
		seconds = max(seconds, c.profile.seconds(now))
	}
	return seconds, strings.Join(open, "; "), nil
}

func outside(now sample) (float64, string, error) {
	switch {
	case now.unknown[outsideGo] || now.unknown[callsToC]:
		return 0, "", errNoMetric
	case now.values[callsToC] == 0:
		return 0, "C was never called", nil
	}
	return now.values[outsideGo], "in C or in a system call", nil
}

// ratio is within 0 and 1, also when counters were reset.
func ratio(part, whole float64) float64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	return min(part/whole, 1)
}

func span(from, to sample) time.Duration { return to.at.Sub(from.at).Round(time.Millisecond) }
