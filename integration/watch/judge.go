package watch

import (
	"errors"
	"fmt"
	"time"

	"github.com/hotvet/hotvet/integration/profile"
)

// Thresholds say what is an alert; 0 is none for all but MaxGap.
type Thresholds struct {
	MaxGap    time.Duration // without a CPU profile
	MaxShift  float64       // of the hot spots of CPU and heap beyond chance, 0 to 1
	MinStacks float64       // in common with the profile before, of what chance leaves, 0 to 1
	MaxGrowth float64       // of goroutines and of memory in use, times
	MinScore  int           // of the health, 0 to 100
	Restart   bool          // a restart is an alert
}

// Less than this says too little to judge. The heap profile has a sample each 512 kB
// (runtime.MemProfileRate).
const (
	leastSamples    = 100      // of a CPU profile
	leastMemory     = 64 << 20 // bytes in use
	leastGoroutines = 1000     // some hundreds come with a burst of requests
)

func (t Thresholds) valid() error {
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	switch {
	case t.MaxGap <= 0:
		return fmt.Errorf("a gap of %v cannot be a threshold", t.MaxGap)
	case !share(t.MaxShift) || !share(t.MinStacks):
		return errors.New("shares are from 0 to 1")
	case t.MinScore < 0 || t.MinScore > 100:
		return errors.New("a score is from 0 to 100")
	case t.MaxGrowth != 0 && !(t.MaxGrowth > 1):
		return errors.New("growth is more than 1 times")
	}
	return nil
}

func (r *Round) alert(format string, args ...any) {
	r.Alerts = append(r.Alerts, fmt.Sprintf(format, args...))
}

// judge compares a difference with the thresholds. period is what one sample counts.
// A young process fills its caches and gets its clients back: that is no growth. It
// reports whether there was enough to judge by the stacks.
func (t Thresholds) judge(r *Round, kind string, d profile.Diff, period int64, young bool) bool {
	least := map[string]float64{
		"cpu":       leastSamples * float64(max(period, 1)),
		"heap":      leastMemory,
		"goroutine": leastGoroutines,
	}[kind]
	if kind != "cpu" && t.MaxGrowth > 0 && !young && d.After.Total >= least {
		if growth := d.After.Total / max(d.Before.Total, least/2); growth > t.MaxGrowth {
			r.alert("%s: grew %.1f times, threshold %g", kind, growth, t.MaxGrowth)
		}
	}
	if d.Before.Total < least || d.After.Total < least || d.Chance >= profile.MostChance {
		return false
	}
	// What a goroutine does itself is to wait, in nearly all of them.
	if kind != "goroutine" && t.MaxShift > 0 && d.Moved > t.MaxShift {
		r.alert("%s: hot spots moved by %.2f beyond chance, threshold %g", kind, d.Moved, t.MaxShift)
	}
	if d.Alike < t.MinStacks {
		r.alert("%s: the stacks in common are %.2f of what chance leaves, threshold %g", kind, d.Alike, t.MinStacks)
	}
	return true
}

// judgeProcess judges what is not in a profile.
func (t Thresholds) judgeProcess(r *Round) {
	if r.Score != nil && *r.Score < t.MinScore {
		r.alert("the health has a score of %d, threshold %d", *r.Score, t.MinScore)
	}
	if t.Restart && r.Restart != "" {
		r.alert("restarted: %s", r.Restart)
	}
}
