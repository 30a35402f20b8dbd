package gatefacts

import (
	"fmt"
	"math"
	"testing"

	pprof "github.com/google/pprof/profile"
)

// rare makes a CPU profile of a hot function and of 100 others with one sample each,
// of which the profiles with another number have none.
func rare(hot int64, number int) *pprof.Profile {
	p := &pprof.Profile{
		SampleType: []*pprof.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Period:     10_000_000,
	}
	add := func(name string, n int64) {
		id := uint64(len(p.Function) + 1)
		fn := &pprof.Function{ID: id, Name: name}
		loc := &pprof.Location{ID: id, Address: id, Line: []pprof.Line{{Function: fn}}}
		p.Function, p.Location = append(p.Function, fn), append(p.Location, loc)
		p.Sample = append(p.Sample, &pprof.Sample{Location: []*pprof.Location{loc}, Value: []int64{n, n * p.Period}})
	}
	add("main.hot", hot)
	for i := range 100 {
		add(fmt.Sprintf("main.f%d_%d", i, number), 1)
	}
	return p
}

// TestChance: what chance makes of few samples is not held against an update, and is
// unknown where it makes nearly all.
func TestChance(t *testing.T) {
	got := compareProfiles(rare(60, 0), rare(60, 1))
	if got.Unknown != "" || got.Value.Shift > 0.1 || math.Abs(got.Value.Stacks-1) > 0.1 {
		t.Errorf("the same by chance: %+v", got)
	}
	if got := compareProfiles(rare(5, 0), rare(5, 1)); got.Unknown == "" {
		t.Errorf("few samples of each: %+v", got)
	}
	if got := compareProfiles(rare(900, 0), rare(5, 1)); got.Unknown != "" || got.Value.Shift < 0.7 {
		t.Errorf("another hot spot: %+v", got)
	}
}
