package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

func byClass(results []result) map[string]tally {
	classes := make(map[string]tally)
	for _, r := range results {
		t := classes[r.Class]
		t.add(r)
		classes[r.Class] = t
	}
	return classes
}

func printText(w io.Writer, results []result, total tally) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "class\thazards hit\tsafe flagged\tnot loaded\tanalyzers")
	row := func(name string, t tally, analyzers string) {
		fmt.Fprintf(table, "%s\t%d/%d\t%d/%d\t%d\t%s\n", name, t.Hit, t.Hazards, t.Flagged, t.Safe, t.NotLoaded, analyzers)
	}
	classes := byClass(results)
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		row(class, classes[class], strings.Join(classAnalyzers[class], ", "))
	}
	row("all", total, fmt.Sprintf("recall %.1f %%, false alarms %.1f %%", 100*total.recall(), 100*total.falseRate()))
	table.Flush() // to memory: cannot fail
	for _, r := range results {
		switch {
		case r.NotLoaded != "":
			fmt.Fprintf(&b, "\nnot loaded: %v\n  %s\n", r, r.NotLoaded)
		case r.wrong() && r.Hazard:
			fmt.Fprintf(&b, "\nmissed: %v\n  line: %s\n  reason: %s\n", r, r.Text, r.Reason)
			if r.Other != "" {
				fmt.Fprintf(&b, "  elsewhere: %s\n", r.Other)
			}
		case r.wrong():
			fmt.Fprintf(&b, "\nfalse alarm: %v\n  line: %s\n  reason: %s\n", r, r.Text, r.Reason)
			for _, hit := range r.Hits {
				fmt.Fprintf(&b, "  found: %s\n", hit)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printJSON(w io.Writer, results []result, total tally) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(struct {
		Labels    []result         `json:"labels"`
		Classes   map[string]tally `json:"classes"`
		Total     tally            `json:"total"`
		Recall    float64          `json:"recall"`
		FalseRate float64          `json:"false_rate"`
	}{results, byClass(results), total, total.recall(), total.falseRate()})
}
