package drivers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers"
)

// at makes a finding of one related end.
func at(line int, category, related string) drivers.Finding {
	return drivers.Finding{
		End:      drivers.End{File: "some/hazard/p/main.go", Line: line, Message: "thing breaks"},
		Category: category,
		Related:  []drivers.End{{File: "some/hazard/p/main.go", Line: 9, Message: related}},
	}
}

// TestDifferences plants one difference of each kind.
func TestDifferences(t *testing.T) {
	found := []drivers.Finding{at(1, "some/kind", "here"), at(2, "some/kind", "here")}
	base := &drivers.Outcome{Driver: "base", Cold: found, Again: found, Fixed: map[string]string{"a.go": "fixed"}}
	if d := base.Differences(base); len(d) > 0 {
		t.Errorf("differs from itself: %v", d)
	}
	for kind, other := range map[string]*drivers.Outcome{
		drivers.Absent:  {Cold: found[:1], Again: found[:1], Fixed: base.Fixed},
		drivers.Extra:   {Cold: append(found[:2:2], at(3, "some/kind", "here")), Again: append(found[:2:2], at(3, "some/kind", "here")), Fixed: base.Fixed},
		drivers.Related: {Cold: []drivers.Finding{found[0], at(2, "some/kind", "there")}, Again: []drivers.Finding{found[0], at(2, "some/kind", "there")}, Fixed: base.Fixed},
		drivers.Cached:  {Cold: found, Again: []drivers.Finding{found[0], at(2, "some/kind", "there")}, Fixed: base.Fixed},
		drivers.Fixed:   {Cold: found, Again: found, Fixed: map[string]string{"a.go": "mended"}},
	} {
		other.Driver = "other"
		d := other.Differences(base)
		if len(d) != 1 || d[0].Kind != kind {
			t.Errorf("differences are %v, want one of kind %s", d, kind)
		}
	}
	moved := &drivers.Outcome{Driver: "other", Cold: []drivers.Finding{found[0], at(2, "some/other", "here")}}
	moved.Again, moved.Fixed = moved.Cold, base.Fixed
	if d := moved.Differences(base); len(d) != 2 {
		t.Errorf("another category is %v, want one absent and one extra", d)
	}
}

// TestUnwanted holds findings against want comments: of the analyzer of the
// folder, and of no other.
func TestUnwanted(t *testing.T) {
	want := func(line int, pattern string) drivers.Want {
		return drivers.Want{File: "some/hazard/p/main.go", Line: line, Message: regexp.MustCompile(pattern)}
	}
	c := &drivers.Corpus{Wants: []drivers.Want{want(1, "^thing"), want(2, "^another"), want(3, "thing")}}
	o := &drivers.Outcome{Driver: "d", Cold: []drivers.Finding{at(1, "some/kind", ""), at(2, "some/kind", ""), at(3, "other/kind", ""), at(4, "some/kind", "")}}
	var got []string
	for _, d := range o.Unwanted(c) {
		got = append(got, d.Kind)
	}
	// Lines 2 and 3 are not as wanted, 2 and 4 not asked for; the other analyzer
	// may say what it likes.
	if want := []string{drivers.Wanted, drivers.Wanted, drivers.Unasked, drivers.Unasked}; !slices.Equal(got, want) {
		t.Errorf("kinds are %v, want %v", got, want)
	}
}

// TestExplain counts what has a reason and names what has none.
func TestExplain(t *testing.T) {
	list := []drivers.Difference{
		{Driver: "a", Kind: drivers.Related, Text: "in x.c:1"},
		{Driver: "a", Kind: drivers.Related, Text: "in x.go:1"},
		{Driver: "b", Kind: drivers.Related, Text: "in x.c:1"},
	}
	reasons := []drivers.Explanation{{Driver: "a", Kind: drivers.Related, Text: regexp.MustCompile(`\.c:`), Reason: "no C"}, {Driver: "c", Kind: drivers.Fixed}}
	counts, unexplained := drivers.Explain(list, reasons)
	if !slices.Equal(counts, []int{1, 0}) || len(unexplained) != 2 {
		t.Errorf("counts are %v, unexplained %v", counts, unexplained)
	}
	table := drivers.Table(&drivers.Corpus{Analyzers: []string{"some"}}, []*drivers.Outcome{{Driver: "a", Cold: []drivers.Finding{at(1, "some/kind", ""), at(2, "other/kind", "")}}}, list, reasons)
	for _, line := range []string{"| programs of | wanted | a |", "| some | 0 | 1 + 1 |", "3, of which 2 without a reason.", "| a | related | 1 | no C |", "| b | related | 1 | not known: in x.c:1 |"} {
		if !strings.Contains(table, line) {
			t.Errorf("table has no %q:\n%s", line, table)
		}
	}
}
