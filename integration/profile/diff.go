package profile

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"
)

// A Diff compares two profiles of the same kind. Functions and stacks are matched
// by name: addresses differ between binaries.
type Diff struct {
	Type, Unit    string // of the compared values: "cpu", "nanoseconds"
	Before, After Side
	Stacks        float64        // similarity of the sets of stacks (Jaccard), 0 to 1
	Shift         float64        // of hot spots: total variation distance of the flat shares, 0 to 1
	Functions     []FunctionDiff // the largest change of the flat share first
}

// A Side is one of two compared profiles.
type Side struct {
	Stacks   int // different ones that have a value
	Total    float64
	Duration time.Duration
	Rate     float64 // Total per second, 0 when there is no duration
}

// A FunctionDiff is one function's part of both profiles. Flat is what was measured
// in the function itself, Cum also in what it called.
type FunctionDiff struct {
	Name          string
	Before, After Share
}

// A Share is a function's part of one profile.
type Share struct {
	Flat, Cum         float64 // 0 to 1
	FlatRate, CumRate float64 // value per second, to compare profiles of unequal length
}

// FlatChange is the change of the flat share, -1 to 1.
func (f FunctionDiff) FlatChange() float64 { return f.After.Flat - f.Before.Flat }

// CumChange is the change of the cumulative share, -1 to 1.
func (f FunctionDiff) CumChange() float64 { return f.After.Cum - f.Before.Cum }

// Compare compares the values of the profiles' default sample type, which is the
// last where they name none. It fails when their sample types differ. An empty
// profile shares nothing with any but another empty one.
func Compare(a, b *pprof.Profile) (Diff, error) {
	if ta, tb := types(a), types(b); ta != tb {
		return Diff{}, fmt.Errorf("cannot compare profiles of %s with profiles of %s", ta, tb)
	}
	if len(a.SampleType) == 0 {
		return Diff{}, errors.New("cannot compare profiles without sample types")
	}
	index := defaultType(a)
	sumA, err := sum(a, index)
	if err != nil {
		return Diff{}, err
	}
	sumB, err := sum(b, index)
	if err != nil {
		return Diff{}, err
	}
	d := Diff{
		Type:   a.SampleType[index].Type,
		Unit:   a.SampleType[index].Unit,
		Before: sumA.side(),
		After:  sumB.side(),
		Stacks: jaccard(sumA.stacks, sumB.stacks),
	}
	d.functions(sumA, sumB)
	d.Shift = d.shift()
	return d, nil
}

// functions fills the table.
func (d *Diff) functions(a, b sums) {
	for name := range a.cum {
		d.Functions = append(d.Functions, FunctionDiff{name, a.share(name), b.share(name)})
	}
	for name := range b.cum {
		if _, ok := a.cum[name]; !ok {
			d.Functions = append(d.Functions, FunctionDiff{name, Share{}, b.share(name)})
		}
	}
	slices.SortFunc(d.Functions, func(x, y FunctionDiff) int {
		return cmp.Or(
			cmp.Compare(math.Abs(y.FlatChange()), math.Abs(x.FlatChange())),
			cmp.Compare(math.Abs(y.CumChange()), math.Abs(x.CumChange())),
			strings.Compare(x.Name, y.Name))
	})
}

// shift is half the sum of all changes: 0 when the shares are the same, 1 when no
// function has a share in both profiles.
func (d *Diff) shift() float64 {
	if (d.Before.Total == 0) != (d.After.Total == 0) {
		return 1
	}
	change := 0.0
	for _, f := range d.Functions {
		change += math.Abs(f.FlatChange())
	}
	return min(change/2, 1) // rounding may lead beyond 1
}

// types spells the sample types of a profile.
func types(p *pprof.Profile) string {
	var list []string
	for _, t := range p.SampleType {
		list = append(list, t.Type+"/"+t.Unit)
	}
	return strings.Join(list, ", ")
}

func defaultType(p *pprof.Profile) int {
	for i, t := range p.SampleType {
		if t.Type == p.DefaultSampleType {
			return i
		}
	}
	return len(p.SampleType) - 1
}

// sums are the values of one profile by stack and function.
type sums struct {
	total     float64
	duration  time.Duration
	stacks    map[string]bool
	flat, cum map[string]float64
}

// sum adds up one profile. Values are added as floats: a hostile sum would overflow.
func sum(p *pprof.Profile, index int) (sums, error) {
	s := sums{
		duration: time.Duration(p.DurationNanos),
		stacks:   make(map[string]bool),
		flat:     make(map[string]float64),
		cum:      make(map[string]float64),
	}
	for _, sample := range p.Sample {
		value := float64(sample.Value[index])
		if value < 0 {
			return sums{}, errors.New("cannot compare profiles with negative values: one is a difference already")
		}
		frames := names(sample)
		if value == 0 || len(frames) == 0 {
			continue // such as memory that was freed
		}
		s.total += value
		s.stacks[strings.Join(frames, "\n")] = true
		s.flat[frames[0]] += value
		slices.Sort(frames)
		for _, name := range slices.Compact(frames) { // a recursive function counts once
			s.cum[name] += value
		}
	}
	return s, nil
}

// names lists the functions of a stack, the innermost first, with those that were
// inlined. Code without a name is known by its address.
func names(s *pprof.Sample) []string {
	var list []string
	for _, loc := range s.Location {
		if len(loc.Line) == 0 {
			list = append(list, fmt.Sprintf("%#x", loc.Address))
		}
		for _, line := range loc.Line {
			if line.Function == nil {
				list = append(list, fmt.Sprintf("%#x", loc.Address))
				continue
			}
			list = append(list, line.Function.Name)
		}
	}
	return list
}

func (s sums) side() Side {
	side := Side{Stacks: len(s.stacks), Total: s.total, Duration: s.duration}
	side.Rate = s.rate(s.total)
	return side
}

func (s sums) rate(value float64) float64 {
	if s.duration <= 0 {
		return 0
	}
	return value / s.duration.Seconds()
}

func (s sums) share(name string) Share {
	if s.total == 0 {
		return Share{}
	}
	flat, cum := s.flat[name], s.cum[name]
	return Share{flat / s.total, cum / s.total, s.rate(flat), s.rate(cum)}
}

// jaccard is the share of members that two sets have in common; 1 for empty sets.
func jaccard(a, b map[string]bool) float64 {
	both := 0
	for k := range a {
		if b[k] {
			both++
		}
	}
	all := len(a) + len(b) - both
	if all == 0 {
		return 1
	}
	return float64(both) / float64(all)
}
