package profile

import (
	"cmp"
	"encoding/binary"
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
	Chance        float64        // the shift to be expected of two samples of the same, 0 where nothing is sampled
	Moved         float64        // the part of the hot spots that moved beyond chance, 0 to 1
	Alike         float64        // Stacks, as a part of what is to be expected of two samples of the same, 0 to 1
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
// last where they name none. It fails when their sample types differ, or the default,
// as that of allocations and that of the heap do. An empty profile shares nothing with any but another empty one.
func Compare(a, b *pprof.Profile) (Diff, error) {
	if ta, tb := types(a), types(b); ta != tb {
		return Diff{}, fmt.Errorf("cannot compare profiles of %s with profiles of %s", ta, tb)
	}
	if len(a.SampleType) == 0 {
		return Diff{}, errors.New("cannot compare profiles without sample types")
	}
	index := defaultType(a)
	if of, is := a.SampleType[index].Type, b.SampleType[defaultType(b)].Type; of != is {
		return Diff{}, fmt.Errorf("cannot compare a profile of %s with one of %s", of, is)
	}
	known := &numbering{numbers: make(map[string]uint32)}
	sumA, err := sum(a, index, known)
	if err != nil {
		return Diff{}, err
	}
	sumB, err := sum(b, index, known)
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
	d.chance(sumA, sumB, min(samplePeriod(a, index), samplePeriod(b, index)))
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
			cmp.Compare(y.Before.Flat+y.After.Flat, x.Before.Flat+x.After.Flat),
			cmp.Compare(y.Before.Cum+y.After.Cum, x.Before.Cum+x.After.Cum),
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

// Limits of what is compared: a few locations with many inlined calls, named by many
// samples, make much of little. Stacks of Go have up to 128 locations
// (runtime/mprof.go, maxProfStackDepth), and large profiles 100,000 samples.
const (
	maxFrames = maxNumbers // of all samples together
	maxName   = 16 << 10   // bytes of a name that are looked at
)

// sums are the values of one profile by stack and function.
type sums struct {
	total     float64
	duration  time.Duration
	stacks    map[string]float64 // each is the numbers of its functions
	flat, cum map[string]float64
}

// A numbering gives the names of functions numbers: names can be long, and stacks
// are made of them.
type numbering struct {
	numbers map[string]uint32
	names   []string
}

func (n *numbering) number(name string) uint32 {
	k, ok := n.numbers[name]
	if !ok {
		k = uint32(len(n.names))
		n.numbers[name] = k
		n.names = append(n.names, name)
	}
	return k
}

// sum adds up one profile. Values are added as floats: a hostile sum would overflow.
func sum(p *pprof.Profile, index int, known *numbering) (sums, error) {
	s := sums{
		duration: time.Duration(p.DurationNanos),
		stacks:   make(map[string]float64),
		flat:     make(map[string]float64),
		cum:      make(map[string]float64),
	}
	flat, cum := make(map[uint32]float64), make(map[uint32]float64)
	numbers := locationNumbers(p, known)
	frames, key := 0, []byte(nil)
	for _, sample := range p.Sample {
		value := float64(sample.Value[index])
		if value < 0 {
			return sums{}, errors.New("cannot compare profiles with negative values: one is a difference already")
		}
		var stack []uint32
		for _, loc := range sample.Location {
			if frames += len(numbers[loc]); frames > maxFrames {
				return sums{}, fmt.Errorf("%w: more than %d frames", ErrTooLarge, maxFrames)
			}
			stack = append(stack, numbers[loc]...)
		}
		if value == 0 || len(stack) == 0 {
			continue // such as memory that was freed
		}
		s.total += value
		key = key[:0]
		for _, k := range stack {
			key = binary.LittleEndian.AppendUint32(key, k)
		}
		s.stacks[string(key)] += value
		flat[stack[0]] += value
		slices.Sort(stack)
		for _, k := range slices.Compact(stack) { // a recursive function counts once
			cum[k] += value
		}
	}
	for k, v := range cum {
		s.cum[known.names[k]], s.flat[known.names[k]] = v, flat[k]
	}
	return s, nil
}

// locationNumbers returns the numbers of the functions of each location that a sample
// has.
func locationNumbers(p *pprof.Profile, known *numbering) map[*pprof.Location][]uint32 {
	list := make(map[*pprof.Location][]uint32)
	for _, sample := range p.Sample {
		for _, loc := range sample.Location {
			if _, ok := list[loc]; ok {
				continue
			}
			list[loc] = nil
			for _, name := range names(loc) {
				list[loc] = append(list[loc], known.number(name))
			}
		}
	}
	return list
}

// names lists the functions of a location, the innermost first, with those that were
// inlined. Code without a name is known by its address.
func names(loc *pprof.Location) []string {
	if len(loc.Line) == 0 {
		return []string{fmt.Sprintf("%#x", loc.Address)}
	}
	list := make([]string, len(loc.Line))
	for i, line := range loc.Line {
		if line.Function == nil || line.Function.Name == "" {
			list[i] = fmt.Sprintf("%#x", loc.Address)
			continue
		}
		list[i] = line.Function.Name[:min(len(line.Function.Name), maxName)]
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
func jaccard(a, b map[string]float64) float64 {
	both := 0
	for k := range a {
		if _, ok := b[k]; ok {
			both++
		}
	}
	all := len(a) + len(b) - both
	if all == 0 {
		return 1
	}
	return float64(both) / float64(all)
}
