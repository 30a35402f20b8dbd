package drivers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Explanation says why a driver differs.
type Explanation struct {
	Driver string
	Kind   string         // of the differences
	Text   *regexp.Regexp // their text matches; nil for all
	Reason string         // for the table: one sentence
}

// covers reports whether e explains d.
func (e Explanation) covers(d Difference) bool {
	return e.Driver == d.Driver && e.Kind == d.Kind && (e.Text == nil || e.Text.MatchString(d.Text))
}

// Explain divides differences: how many each explanation is for, and those that
// have none.
func Explain(list []Difference, explanations []Explanation) (count []int, unexplained []Difference) {
	count = make([]int, len(explanations))
	for _, d := range list {
		i := slices.IndexFunc(explanations, func(e Explanation) bool { return e.covers(d) })
		if i < 0 {
			unexplained = append(unexplained, d)
			continue
		}
		count[i]++
	}
	return count, unexplained
}

// Table renders the outcomes, one column each, as a page in Markdown.
func Table(c *Corpus, outcomes []*Outcome, differences []Difference, explanations []Explanation) string {
	var b strings.Builder
	b.WriteString(`# The same findings from every driver

Made by "go test ./integration/drivers -update": each driver runs the real program over the whole of testdata/hazards, with
an empty cache and again, and mends a copy in its own way. Numbers are findings in the programs of an analyzer, by it and
by the others, and files that fixes change.

`)
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	head, rule := []string{"programs of", "wanted"}, []string{"---", "---:"}
	for _, o := range outcomes {
		head, rule = append(head, o.Driver), append(rule, "---:")
	}
	row(head...)
	row(rule...)
	for _, analyzer := range c.Analyzers {
		cells := []string{analyzer, fmt.Sprint(count(c.Wants, func(w Want) bool { return w.Analyzer() == analyzer }))}
		for _, o := range outcomes {
			cells = append(cells, o.cell(analyzer))
		}
		row(cells...)
	}
	fixed := []string{"files fixed", ""}
	for _, o := range outcomes {
		fixed = append(fixed, fmt.Sprint(len(o.Fixed)))
	}
	row(fixed...)

	counts, unexplained := Explain(differences, explanations)
	fmt.Fprintf(&b, "\n## Differences\n\n%d, of which %d without a reason.\n", len(differences), len(unexplained))
	if len(differences) == 0 {
		return b.String()
	}
	b.WriteString("\n| driver | differs in | how often | because |\n|---|---|---:|---|\n")
	for i, e := range explanations {
		if counts[i] > 0 {
			row(e.Driver, e.Kind, fmt.Sprint(counts[i]), e.Reason)
		}
	}
	for _, d := range unexplained {
		row(d.Driver, d.Kind, "1", "not known: "+strings.ReplaceAll(d.Text, "\n", " "))
	}
	return b.String()
}

// cell counts the findings in the folder of an analyzer.
func (o *Outcome) cell(analyzer string) string {
	own := count(o.Cold, func(f Finding) bool { return folderOf(f.File) == analyzer && f.Analyzer() == analyzer })
	others := count(o.Cold, func(f Finding) bool { return folderOf(f.File) == analyzer && f.Analyzer() != analyzer })
	if others == 0 {
		return fmt.Sprint(own)
	}
	return fmt.Sprintf("%d + %d", own, others)
}

func count[T any](list []T, ok func(T) bool) (n int) {
	for _, x := range list {
		if ok(x) {
			n++
		}
	}
	return n
}
