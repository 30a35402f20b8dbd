package symplot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/symtab"
)

// Size of a plot in units of its own: it is stretched to the width of the page.
const (
	plotWidth  = 1000
	bandHeight = 190 // between the bars of OLD and NEW
	farHeight  = 240
	thin       = 0.5 // what is thinner is not told apart
	labelled   = 60  // from this width on, a package has its name in the bar
)

// A plot shows both binaries, or a part of them, along one scale of addresses.
type plot struct {
	Zoom     bool // only the part in which something changed
	Ticks    []tick
	Old, New []block // packages, in the order of their addresses
	Stayed   string  // SVG path of the bands from OLD to NEW
	Moved    string
	Gone     string // marks below OLD's bar
	Added    string // marks above NEW's bar
	Far      *far   // nil when nothing moved
}

// far shows by how much functions moved: the distances between the same names.
type far struct {
	Ticks  []tick
	Stayed string
	Moved  string
}

// A tick is a place on an axis.
type tick struct {
	At     string // percent along x, units along y
	Label  string
	Anchor string
}

// A block is the code of one package that lies together.
type block struct {
	X, W  string // percent
	Name  string
	Label string // "" for a narrow one
	Title string
	Odd   bool
	Wide  bool // there is room for the label on a small screen too
}

// scale maps addresses to units along x.
type scale struct {
	low  uint64
	unit float64 // units a byte
}

func newScale(lists ...[]symtab.Func) scale {
	low, high := uint64(math.MaxUint64), uint64(0)
	for _, list := range lists {
		for _, f := range list {
			low, high = min(low, f.Entry), max(high, f.End)
		}
	}
	if low > high {
		low = high
	}
	return scale{low, plotWidth / math.Max(1, float64(high-low))}
}

func (s scale) x(addr uint64) float64 { return float64(addr-s.low) * s.unit }

func (s scale) ticks() []tick {
	list := []tick{{"0%", "", "start"}, {"50%", "", "middle"}, {"100%", "", "end"}}
	for i := range list {
		list[i].Label = Hex(s.low + uint64(float64(i)*plotWidth/2/s.unit)).String()
	}
	return list
}

// blocks joins neighbours of one package. What is too thin to be seen is left out.
func (s scale) blocks(funcs []symtab.Func) []block {
	var list []block
	for i := 0; i < len(funcs); {
		name := symtab.PackageOf(funcs[i].Name)
		j := i + 1
		for j < len(funcs) && symtab.PackageOf(funcs[j].Name) == name {
			j++
		}
		from, to := funcs[i].Entry, funcs[j-1].End
		if w := s.x(to) - s.x(from); w >= thin {
			b := block{X: share100(s.x(from)), W: share100(w), Name: name, Odd: len(list)%2 == 1, Wide: w >= 3*labelled}
			title := (&Package{Name: name}).title()
			b.Title = fmt.Sprintf("%s: %s, %#x to %#x", title, plural(j-i, "function"), from, to)
			if w >= labelled {
				b.Label = title[lastPart(title):]
			}
			list = append(list, b)
		}
		i = j
	}
	return list
}

// lastPart is where the part of a path begins that tells most in a narrow place: the
// last element, or two when that is a version.
func lastPart(path string) int {
	i := strings.LastIndexByte(path, '/')
	if i > 0 && strings.HasPrefix(path[i:], "/v") && len(path)-i <= len("/v99") {
		i = strings.LastIndexByte(path[:i], '/')
	}
	return i + 1
}

// share100 gives units along x as a percentage.
func share100(x float64) string { return fmt.Sprintf("%.3g%%", 100*x/plotWidth) }

// A pair is a function of OLD and the one of the same name in NEW.
type pair struct {
	old, new symtab.Func
}

func (p pair) stayed() bool { return p.old.Entry == p.new.Entry }

// match pairs functions by name, those of one name in the order of their addresses,
// and returns the ones left over on both sides.
func match(old, new []symtab.Func) (pairs []pair, gone, added []symtab.Func) {
	byName := make(map[string][]symtab.Func, len(new))
	for _, f := range new {
		byName[f.Name] = append(byName[f.Name], f)
	}
	for _, f := range old {
		list := byName[f.Name]
		if len(list) == 0 {
			gone = append(gone, f)
			continue
		}
		pairs = append(pairs, pair{f, list[0]})
		byName[f.Name] = list[1:]
	}
	for _, list := range byName {
		added = append(added, list...)
	}
	slices.SortFunc(added, func(a, b symtab.Func) int { return cmp.Compare(a.Entry, b.Entry) })
	return pairs, gone, added
}

// plots draws OLD and NEW as a whole, and once more what changed when that is a
// small part of it.
func plots(old, new []symtab.Func) []*plot {
	const small = 0.1 // of the addresses
	pairs, gone, added := match(old, new)
	list := []*plot{draw(old, new, pairs, gone, added)}
	var there []symtab.Func // what changed, at its old and new places
	there = append(append(there, gone...), added...)
	for _, p := range pairs {
		if !p.stayed() {
			there = append(there, p.old, p.new)
		}
	}
	if len(there) == 0 {
		return list
	}
	whole, part := newScale(old, new), newScale(there)
	if whole.unit > small*part.unit {
		return list
	}
	// Some code that stayed is shown on both sides of what did not.
	margin := uint64(plotWidth / part.unit / 8)
	low, high := part.low-min(margin, part.low), part.low+uint64(plotWidth/part.unit)+margin
	within := func(f symtab.Func) bool { return f.End > low && f.Entry < high }
	pairs = slices.DeleteFunc(pairs, func(p pair) bool { return !within(p.old) || !within(p.new) })
	zoom := draw(only(old, within), only(new, within), pairs, gone, added)
	zoom.Zoom = true
	return append(list, zoom)
}

func only(list []symtab.Func, keep func(symtab.Func) bool) []symtab.Func {
	var out []symtab.Func
	for _, f := range list {
		if keep(f) {
			out = append(out, f)
		}
	}
	return out
}

func draw(old, new []symtab.Func, pairs []pair, gone, added []symtab.Func) *plot {
	s := newScale(old, new)
	p := &plot{Ticks: s.ticks(), Old: s.blocks(old), New: s.blocks(new)}
	p.Stayed, p.Moved = s.bands(pairs)
	p.Gone, p.Added = s.marks(gone), s.marks(added)
	if slices.ContainsFunc(pairs, func(q pair) bool { return !q.stayed() }) {
		p.Far = s.far(pairs)
	}
	return p
}

// bands joins neighbours that stay neighbours into one band, a quadrangle from
// their place in OLD above to that in NEW below.
func (s scale) bands(pairs []pair) (stayed, moved string) {
	var paths [2]strings.Builder
	drawn := make(map[[4]int]bool)
	for i := 0; i < len(pairs); {
		first := pairs[i]
		last := first
		j := i + 1
		for ; j < len(pairs); j++ {
			next := pairs[j]
			if next.stayed() != first.stayed() || s.apart(last.old, next.old) || s.apart(last.new, next.new) {
				break
			}
			last = next
		}
		i = j
		a, b := s.x(first.old.Entry), math.Max(s.x(last.old.End), s.x(first.old.Entry)+thin)
		c, d := s.x(first.new.Entry), math.Max(s.x(last.new.End), s.x(first.new.Entry)+thin)
		key := [4]int{int(2 * a), int(2 * b), int(2 * c), int(2 * d)}
		if drawn[key] {
			continue
		}
		drawn[key] = true
		fmt.Fprintf(&paths[kind(first)], "M%.1f 0H%.1fL%.1f %dH%.1fZ", a, b, d, bandHeight, c)
	}
	return paths[0].String(), paths[1].String()
}

// apart reports whether two functions have something to be seen between them.
func (s scale) apart(a, b symtab.Func) bool {
	return math.Abs(s.x(b.Entry)-s.x(a.End)) > thin
}

// kind is the index of the path that a pair belongs to: 0 stayed, 1 moved.
func kind(p pair) int {
	if p.stayed() {
		return 0
	}
	return 1
}

// marks draws a tick for each function that has no other end.
func (s scale) marks(list []symtab.Func) string {
	var path strings.Builder
	end := math.Inf(-1)
	for _, f := range list {
		from, to := s.x(f.Entry), s.x(f.End)
		if to <= end {
			continue
		}
		from = math.Max(from, end)
		end = math.Max(to, from+2*thin)
		fmt.Fprintf(&path, "M%.1f 0H%.1fV8H%.1fZ", from, end, from)
	}
	return path.String()
}

// far draws each function at its old address and its distance from there.
func (s scale) far(pairs []pair) *far {
	low, high := 0.0, 0.0 // "stays" is always in the plot
	for _, p := range pairs {
		low, high = math.Min(low, bend(p.distance())), math.Max(high, bend(p.distance()))
	}
	const edge = 12
	y := func(distance float64) float64 {
		return edge + (high-bend(distance))/(high-low)*(farHeight-2*edge)
	}
	f := new(far)
	var paths [2]strings.Builder
	cells := make(map[[2]int]bool)
	for _, p := range pairs {
		row := int(y(p.distance()))
		from, to := int(s.x(p.old.Entry)), int(s.x(p.old.End))
		for col := from; col <= to; col++ {
			if cell := [2]int{col, row}; !cells[cell] {
				cells[cell] = true
				fmt.Fprintf(&paths[kind(p)], "M%d %dh1", col, row)
			}
		}
	}
	f.Stayed, f.Moved = paths[0].String(), paths[1].String()
	var used []float64
	for _, b := range []float64{0, 1 << 6, 1 << 12, 1 << 18, 1 << 24, 1 << 30, 1 << 36} {
		for _, d := range []float64{b, -b} {
			at := y(d)
			overlaps := func(other float64) bool { return math.Abs(other-at) < 14 }
			if bend(d) > high || bend(d) < low || slices.ContainsFunc(used, overlaps) {
				continue
			}
			used = append(used, at)
			f.Ticks = append(f.Ticks, tick{At: fmt.Sprintf("%.1f", at), Label: distance(d)})
		}
	}
	return f
}

// distance is how many bytes a function moved up.
func (p pair) distance() float64 {
	if p.new.Entry < p.old.Entry {
		return -float64(p.old.Entry - p.new.Entry)
	}
	return float64(p.new.Entry - p.old.Entry)
}

// bend is a logarithm that is linear around 0, so that a shift by one alignment is
// as visible as one by megabytes.
func bend(bytes float64) float64 { return math.Copysign(math.Log2(1+math.Abs(bytes)/16), bytes) }

func distance(bytes float64) string {
	switch size := math.Abs(bytes); {
	case size == 0:
		return "stays"
	case size < 1<<10:
		return fmt.Sprintf("%+.0f B", bytes)
	case size < 1<<20:
		return fmt.Sprintf("%+.0f KiB", bytes/(1<<10))
	}
	return fmt.Sprintf("%+.0f MiB", bytes/(1<<20))
}
