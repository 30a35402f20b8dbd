package profile

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	pprof "github.com/google/pprof/profile"
)

// cpu makes a CPU profile of the given length from stacks "leaf<caller<..." and
// their number of samples.
func cpu(seconds int, stacks map[string]int64) *pprof.Profile {
	p := &pprof.Profile{
		SampleType:    []*pprof.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType:    &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Period:        10_000_000,
		TimeNanos:     1_700_000_000_000_000_000,
		DurationNanos: int64(seconds) * 1e9,
	}
	functions := make(map[string]*pprof.Location)
	for stack, n := range stacks {
		s := &pprof.Sample{Value: []int64{n, n * p.Period}}
		for name := range strings.SplitSeq(stack, "<") {
			if functions[name] == nil {
				id := uint64(len(functions) + 1)
				fn := &pprof.Function{ID: id, Name: name}
				p.Function = append(p.Function, fn)
				functions[name] = &pprof.Location{ID: id, Address: 0x1000 * id, Line: []pprof.Line{{Function: fn}}}
				p.Location = append(p.Location, functions[name])
			}
			s.Location = append(s.Location, functions[name])
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestCompare(t *testing.T) {
	tests := []struct {
		name          string
		a, b          map[string]int64
		stacks, shift float64
		first         string // name, flat and cumulative change of the first function
		flat, cum     float64
	}{
		{"same", map[string]int64{"f<main": 3, "g<main": 1}, map[string]int64{"f<main": 30, "g<main": 10}, 1, 0, "f", 0, 0},
		{"moved", map[string]int64{"f<main": 3, "g<main": 1}, map[string]int64{"f<main": 1, "g<main": 3}, 1, 0.5, "f", -0.5, -0.5},
		{"new stack", map[string]int64{"f<main": 1}, map[string]int64{"f<main": 1, "f<h<main": 1}, 0.5, 0, "h", 0, 0.5},
		{"nothing in common", map[string]int64{"f<main": 1}, map[string]int64{"g<init": 5}, 0, 1, "f", -1, -1},
		{"recursion", map[string]int64{"f<f<f<main": 4}, map[string]int64{"f<f<f<main": 4}, 1, 0, "f", 0, 0},
		{"empty before", nil, map[string]int64{"f<main": 2}, 0, 1, "f", 1, 1},
		{"empty after", map[string]int64{"f<main": 2}, nil, 0, 1, "f", -1, -1},
		{"zero values", map[string]int64{"f<main": 2, "g<main": 0}, map[string]int64{"f<main": 2}, 1, 0, "f", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Compare(cpu(1, tt.a), cpu(10, tt.b))
			if err != nil {
				t.Fatal(err)
			}
			if !near(d.Stacks, tt.stacks) || !near(d.Shift, tt.shift) || d.Type != "cpu" || d.Unit != "nanoseconds" {
				t.Errorf("stacks %v, shift %v of %s/%s", d.Stacks, d.Shift, d.Type, d.Unit)
			}
			f := d.Functions[0]
			if f.Name != tt.first || !near(f.FlatChange(), tt.flat) || !near(f.CumChange(), tt.cum) {
				t.Errorf("first function %+v", f)
			}
			for _, f := range d.Functions {
				if f.Before.Cum > 1 || f.After.Cum > 1 || f.Before.Flat > f.Before.Cum || f.After.Flat > f.After.Cum {
					t.Errorf("impossible shares: %+v", f)
				}
			}
			back, err := Compare(cpu(10, tt.b), cpu(1, tt.a))
			if err != nil || !near(back.Shift, d.Shift) || !near(back.Stacks, d.Stacks) {
				t.Errorf("not symmetric: %+v, %v", back, err)
			}
		})
	}
}

func TestCompareEmpty(t *testing.T) {
	d, err := Compare(cpu(1, nil), cpu(1, nil))
	if err != nil || d.Stacks != 1 || d.Shift != 0 || len(d.Functions) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestCompareRates: 100 samples of 10 ms in 2 s are half a second per second, as
// are 400 in 8 s.
func TestCompareRates(t *testing.T) {
	d, err := Compare(cpu(2, map[string]int64{"f<main": 100}), cpu(8, map[string]int64{"f<main": 400}))
	if err != nil {
		t.Fatal(err)
	}
	if !near(d.Before.Rate, 5e8) || !near(d.After.Rate, 5e8) || !near(d.Functions[0].After.FlatRate, 5e8) {
		t.Errorf("%+v", d)
	}
	d, err = Compare(cpu(0, map[string]int64{"f<main": 100}), cpu(8, nil))
	if err != nil || d.Before.Rate != 0 || d.After.Rate != 0 {
		t.Errorf("without a duration: %+v, %v", d, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	heap := cpu(1, nil)
	heap.SampleType = []*pprof.ValueType{{Type: "inuse_space", Unit: "bytes"}}
	if _, err := Compare(cpu(1, nil), heap); err == nil || !strings.Contains(err.Error(), "inuse_space") {
		t.Errorf("other type: %v", err)
	}
	samples := cpu(1, nil)
	samples.DefaultSampleType = "samples"
	if _, err := Compare(cpu(1, nil), samples); err == nil || err.Error() != "cannot compare a profile of cpu with one of samples" {
		t.Errorf("other default: %v", err)
	}
	if _, err := Compare(&pprof.Profile{}, &pprof.Profile{}); err == nil {
		t.Error("no types: no error")
	}
	if _, err := Compare(cpu(1, map[string]int64{"f<main": -1}), cpu(1, nil)); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("negative: %v", err)
	}
}

// TestCompareNames: inlined calls count as frames, and code without a name is
// known by its address.
func TestCompareNames(t *testing.T) {
	a := cpu(1, map[string]int64{"f<main": 1})
	a.Sample[0].Location[0].Line = append(a.Sample[0].Location[0].Line, pprof.Line{Function: &pprof.Function{Name: "outer"}})
	a.Sample[0].Location[1].Line = nil
	var buf bytes.Buffer
	d, err := Compare(a, cpu(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Functions {
		buf.WriteString(f.Name + " ")
	}
	if got := buf.String(); !strings.Contains(got, "outer") || !strings.Contains(got, "0x") || strings.Contains(got, "main") {
		t.Errorf("functions %s", got)
	}
	// What did not change is in the order of its share.
	same := cpu(1, map[string]int64{"a<main": 1, "z<main": 5, "<main": 3})
	d, err = Compare(same, same)
	if err != nil || d.Functions[0].Name != "z" || !strings.HasPrefix(d.Functions[1].Name, "0x") || d.Functions[2].Name != "a" {
		t.Errorf("functions %+v, %v", d.Functions, err)
	}
}

func TestGap(t *testing.T) {
	at := func(start, length int) *Window {
		return &Window{time.Unix(int64(start), 0), time.Duration(length) * time.Second}
	}
	tests := []struct {
		name     string
		old, new *Window
		want     time.Duration
		err      error
	}{
		{"gap", at(100, 10), at(113, 10), 3 * time.Second, nil},
		{"meet", at(100, 10), at(110, 10), 0, nil},
		{"overlap", at(100, 10), at(105, 10), 0, nil},
		{"inside", at(100, 30), at(105, 10), 0, nil},
		{"no old", nil, at(105, 10), 0, ErrNoOld},
		{"no new", at(100, 10), nil, 0, ErrNoNew},
		{"swapped", at(100, 10), at(90, 5), 0, ErrSwapped},
	}
	for _, tt := range tests {
		if got, err := Gap(tt.old, tt.new); got != tt.want || err != tt.err {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
	if w := Describe(cpu(0, nil)).Window(); w != nil {
		t.Errorf("a profile without a duration covers %v", w)
	}
	if w := Describe(cpu(5, nil)).Window(); w == nil || w.Duration != 5*time.Second || w.Start.Unix() != 1_700_000_000 {
		t.Errorf("%v", w)
	}
}
