package healthz

import (
	"errors"
	"fmt"
	"math"
	"slices"
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
		part("throttling", "share", 0.05, 0.5)(c.rate(throttling, before, now)),
		part("goroutines", "ratio", 2, 10)(c.growth(now)),
		part("heap", "share", 0.5, 0.9)(fragmentation(now)),
		part("gc", "share", 0.25, 0.5)(c.rate(collection, before, now)),
		part("profile", "seconds", stuck, stuck)(c.stuck(now.at)),
		part("cgo", "count", 100, 1000)(outside(now)),
	}
}

// rate judges what happened between two samples. In the first moments of a process
// one collection or one period is most of them.
func (c *Checker) rate(judge func(before, now sample) (float64, string, error), before, now sample) (float64, string, error) {
	value, reason, err := judge(before, now)
	least := c.window / samplesPerWindow
	if took := now.at.Sub(before.at); err == nil && took < least {
		return 0, "", fmt.Errorf("it takes %s to tell, %s have passed", least, took.Round(time.Millisecond))
	}
	return value, reason, err
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

// Growth is judged by its steps from one stretch of the window to the next. Load
// that rises and then stays, such as clients that come back after a restart, rises
// over some of the steps, and a leak over all of them.
const (
	stretches  = 10
	leastTotal = 0.9 // of the window that samples have to cover
)

// growth takes the least step between the lows of the stretches for all of them.
func (c *Checker) growth(now sample) (float64, string, error) {
	if now.unknown[goroutines] {
		return 0, "", errNoMetric
	}
	var list []sample
	for _, s := range append(slices.Clone(c.past), now) {
		if !s.startup && now.at.Sub(s.at) <= c.window {
			list = append(list, s)
		}
	}
	lows, ok := lowest(list, now.at)
	least := time.Duration(leastTotal * float64(c.window))
	if !ok || now.at.Sub(list[0].at) < least {
		return 0, "", fmt.Errorf("%.0f goroutines; growth takes checks over %s, one in each tenth of it", now.values[goroutines], least)
	}
	step := math.Inf(1)
	for i := range stretches - 1 {
		step = min(step, lows[i+1]-lows[i])
	}
	grown := lows[0] + (stretches-1)*max(step, 0)
	reason := fmt.Sprintf("from at least %.0f to at least %.0f goroutines in %s, by at least %.0f in each tenth of it",
		lows[0], lows[stretches-1], span(list[0], now), max(step, 0))
	return grown / max(lows[0], fewGoroutines), reason, nil
}

// lowest returns the lowest number of goroutines in each stretch of equal length,
// and whether each has a sample.
func lowest(list []sample, end time.Time) (lows [stretches]float64, ok bool) {
	var counts [stretches]int
	total := end.Sub(list[0].at)
	for _, s := range list {
		i := 0
		if total > 0 {
			i = min(int(stretches*s.at.Sub(list[0].at)/total), stretches-1)
		}
		if counts[i] == 0 || s.values[goroutines] < lows[i] {
			lows[i] = s.values[goroutines]
		}
		counts[i]++
	}
	return lows, slices.Min(counts[:]) > 0
}

// fragmentation leaves out what the program allocates before the next collection:
// that goes to the unused places first. How much it is the collector's goal tells.
func fragmentation(now sample) (float64, string, error) {
	if now.unknown[heapObjects] || now.unknown[heapUnused] || now.unknown[heapGoal] {
		return 0, "", errNoMetric
	}
	objects, unused := now.values[heapObjects], now.values[heapUnused]
	stays := unused - max(now.values[heapGoal]-objects, 0)
	reason := fmt.Sprintf("%.0f MB unused beside %.0f MB of objects; %.0f MB stay so until the next collection",
		unused/(1<<20), objects/(1<<20), max(stays, 0)/(1<<20))
	if stays < littleUnused {
		return 0, reason, nil
	}
	return ratio(stays, objects+unused), reason, nil
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
