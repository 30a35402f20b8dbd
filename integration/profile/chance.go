package profile

import (
	"math"

	pprof "github.com/google/pprof/profile"
)

// A profile is a sample: two of the same program at the same load differ, the more
// the fewer samples they have and the more functions share them. Two CPU profiles of
// 5 s of a web server that uses a third of a processor have a shift of 0.6 and 0.06
// of their stacks in common.
//
// What is to be expected is found from the two profiles themselves: their samples are
// put together, and dealt again to two profiles of the sizes that these have (a
// permutation test, of which the means are calculated instead of drawn).

// MostChance is the expected shift from which on two profiles say nothing.
const MostChance = 0.75

// chance fills in what is to be expected.
func (d *Diff) chance(a, b sums, period float64) {
	d.Moved, d.Alike = d.Shift, d.Stacks
	if period <= 0 || a.total < period || b.total < period {
		return
	}
	deal := deal{a.total / period, b.total / period}
	for _, f := range d.Functions {
		d.Chance += deal.difference((a.flat[f.Name]+b.flat[f.Name])/period) / 2
	}
	d.Moved = 0
	if d.Chance = min(d.Chance, 1); d.Chance < 1-1e-9 { // else rounding would tell
		d.Moved = max(d.Shift-d.Chance, 0) / (1 - d.Chance)
	}
	both, all := 0.0, 0.0
	for stack, value := range a.stacks {
		both += deal.both((value + b.stacks[stack]) / period)
		all++
	}
	for stack, value := range b.stacks {
		if _, ok := a.stacks[stack]; !ok {
			both += deal.both(value / period)
			all++
		}
	}
	if both > 0 {
		d.Alike = min(d.Stacks*all/both, 1)
	}
}

// samplePeriod returns what one sample counts in the values at index, 0 where they
// are not counted in the unit of the period.
func samplePeriod(p *pprof.Profile, index int) float64 {
	if p.PeriodType == nil || p.PeriodType.Unit != p.SampleType[index].Unit {
		return 0
	}
	return float64(p.Period)
}

// A deal gives samples to two profiles, by chance, as many as each has.
type deal struct{ a, b float64 }

// difference returns by how much the shares differ of a function that has n samples
// in both together: the mean of |x/a - (n-x)/b|.
func (d deal) difference(n float64) float64 {
	all := d.a + d.b
	if n <= 0 || all <= 1 {
		return 0
	}
	if d.a > d.b {
		d.a, d.b = d.b, d.a // it is the same, and keeps likely from underflow
	}
	q := d.a / all
	rest := math.Sqrt(max(all-n, 0) / (all - 1)) // there are only so many to draw from
	const few = 50
	if n > few {
		deviation := (1/d.a + 1/d.b) * math.Sqrt(n*q*(1-q))
		return rest * deviation * math.Sqrt(2/math.Pi)
	}
	n = max(math.Round(n), 1)
	mean, likely := 0.0, math.Pow(1-q, n) // that x of n go to a
	for x := 0.0; x <= n; x++ {
		mean += likely * math.Abs(x/d.a-(n-x)/d.b)
		likely *= (n - x) / (x + 1) * q / (1 - q)
	}
	return rest * mean
}

// both returns how likely it is that a stack of n samples is in both.
func (d deal) both(n float64) float64 {
	q := d.a / (d.a + d.b)
	n = max(n, 1)
	return max(1-math.Pow(q, n)-math.Pow(1-q, n), 0)
}
