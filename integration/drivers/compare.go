package drivers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Outcome is what a driver made of the corpus.
type Outcome struct {
	Driver string
	Cold   []Finding         // with nothing in a cache
	Again  []Finding         // from what the first run left there
	Fixed  map[string]string // files that the driver's fixes change, by name
}

// The kinds of a [Difference].
const (
	Absent   = "absent"   // not found, but by the driver to compare with
	Extra    = "extra"    // found only by this driver
	Related  = "related"  // with other ends
	Kindless = "kindless" // with the analyzer alone as category
	Cached   = "cached"   // not the same again
	Fixed    = "fixed"    // another text after the fix
	Wanted   = "wanted"   // a want comment without a finding
	Unasked  = "unasked"  // a finding without a want comment, in the folder of its analyzer
)

// A Difference is one thing that two drivers, or a driver and the corpus, do not
// agree on.
type Difference struct {
	Driver string
	Kind   string
	File   string
	Text   string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %s", d.Driver, d.Kind, d.Text)
}

// key tells a finding without its related ends.
func (f Finding) key() string { return fmt.Sprintf("%s (%s)", f.End, f.Category) }

// byKey returns the related ends of findings, one a line.
func byKey(list []Finding) map[string]string {
	m := make(map[string]string)
	for _, f := range list {
		var ends strings.Builder
		for _, e := range f.Related {
			fmt.Fprintf(&ends, "\n\t%s", e)
		}
		m[f.key()] += ends.String()
	}
	return m
}

// fileOf returns the file of a finding's key.
func fileOf(key string) string {
	file, _, _ := strings.Cut(key, ":")
	return file
}

// Differences returns where o differs from the outcome of another driver, and
// from itself.
func (o *Outcome) Differences(base *Outcome) []Difference {
	var list []Difference
	add := func(kind, file, format string, args ...any) {
		list = append(list, Difference{o.Driver, kind, file, fmt.Sprintf(format, args...)})
	}
	expectation := base.Cold
	if o.kindless() {
		expectation = withoutKinds(base.Cold)
		for _, f := range o.Cold {
			add(Kindless, f.File, "%s", f.key())
		}
	}
	cold, again, other := byKey(o.Cold), byKey(o.Again), byKey(expectation)
	for _, key := range union(cold, other) {
		mine, found := cold[key]
		theirs, expected := other[key]
		switch {
		case !found:
			add(Absent, fileOf(key), "%s", key)
		case !expected:
			add(Extra, fileOf(key), "%s", key)
		case mine != theirs:
			add(Related, fileOf(key), "%s has%s\n%s has%s", key, mine, base.Driver, theirs)
		}
	}
	for _, key := range union(cold, again) {
		first, found := cold[key]
		second, foundAgain := again[key]
		if found != foundAgain || first != second {
			add(Cached, fileOf(key), "%s: found %v with%s\nagain %v with%s", key, found, first, foundAgain, second)
		}
	}
	for _, file := range union(o.Fixed, base.Fixed) {
		if o.Fixed[file] != base.Fixed[file] {
			add(Fixed, file, "%s is fixed to\n%s\n%s makes it\n%s", file, o.Fixed[file], base.Driver, base.Fixed[file])
		}
	}
	return list
}

// kindless reports whether the driver shows the analyzer alone of each category.
func (o *Outcome) kindless() bool {
	return !slices.ContainsFunc(o.Cold, func(f Finding) bool { return f.Category != f.Analyzer() })
}

// withoutKinds returns findings as such a driver shows them.
func withoutKinds(list []Finding) []Finding {
	list = slices.Clone(list)
	for i := range list {
		list[i].Category = list[i].Analyzer()
	}
	return list
}

func union(a, b map[string]string) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// Unwanted returns where what a driver found differs from the want comments.
// Findings of other analyzers than the one of the folder have none.
func (o *Outcome) Unwanted(c *Corpus) []Difference {
	var list []Difference
	left := slices.Clone(o.Cold)
	for _, w := range c.Wants {
		i := slices.IndexFunc(left, func(f Finding) bool {
			return f.File == w.File && f.Line == w.Line && f.Analyzer() == w.Analyzer() && w.Message.MatchString(f.Message)
		})
		if i < 0 {
			list = append(list, Difference{o.Driver, Wanted, w.File, fmt.Sprintf("%s:%d: no finding of %s matches %q", w.File, w.Line, w.Analyzer(), w.Message)})
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, f := range left {
		if f.Analyzer() == folderOf(f.File) {
			list = append(list, Difference{o.Driver, Unasked, f.File, f.key()})
		}
	}
	return list
}
