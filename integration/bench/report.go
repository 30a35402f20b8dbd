package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is what a benchmark found, as -format json prints it.
type report struct {
	Module  string   `json:"module"`
	Pattern string   `json:"pattern"`
	Go      string   `json:"go"`
	CPUs    int      `json:"cpus"`
	Runs    int      `json:"runs"`
	Tools   []result `json:"tools"`
	Medians []median `json:"medians"`
}

// median is the middle of the runs of a tool in one state, with its relation to
// the same state of the empty vettool and of go vet (0 when not measured).
type median struct {
	Tool  string `json:"tool"`
	State string `json:"state"`
	usage
	VsEmpty     float64 `json:"wall_vs_empty"`
	VsVet       float64 `json:"wall_vs_vet"`
	PeakVsEmpty float64 `json:"peak_vs_empty"`
}

func newReport(o options, results []result) report {
	rep := report{Module: o.module, Pattern: o.pattern, Go: runtime.Version(), CPUs: runtime.NumCPU(), Runs: o.runs, Tools: results}
	for _, state := range []string{"cold", "warm"} {
		byTool := make(map[string]usage)
		for _, r := range results {
			byTool[r.Tool] = middle(r.runs(state))
		}
		empty, vet := byTool["empty"], byTool["vet"]
		for _, r := range results {
			u := byTool[r.Tool]
			rep.Medians = append(rep.Medians, median{
				Tool: r.Tool, State: state, usage: u,
				VsEmpty:     ratio(u.Wall, empty.Wall),
				VsVet:       ratio(u.Wall, vet.Wall),
				PeakVsEmpty: ratio(u.Peak, empty.Peak),
			})
		}
	}
	return rep
}

func (r result) runs(state string) []usage {
	if state == "cold" {
		return r.Cold
	}
	return r.Warm
}

// middle returns the medians of the figures, each by itself.
func middle(runs []usage) usage {
	return usage{
		Wall: medianOf(runs, func(u usage) time.Duration { return u.Wall }),
		User: medianOf(runs, func(u usage) time.Duration { return u.User }),
		Peak: medianOf(runs, func(u usage) int64 { return u.Peak }),
	}
}

func medianOf[T time.Duration | int64](runs []usage, figure func(usage) T) T {
	var values []T
	for _, u := range runs {
		values = append(values, figure(u))
	}
	slices.SortFunc(values, cmp.Compare[T])
	n := len(values)
	if n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[n/2]
}

func ratio[T time.Duration | int64](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (r report) json(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(r)
}

func (r report) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s, %d CPUs, medians of %d\n\n", r.Module, r.Pattern, r.Go, r.CPUs, r.Runs)
	b.WriteString("| tool | state | wall s | user s | peak MB | wall / empty | wall / go vet | peak / empty |\n")
	b.WriteString("|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, m := range r.Medians {
		fmt.Fprintf(&b, "| %s | %s | %.2f | %.2f | %.0f | %s | %s | %s |\n", m.Tool, m.State, m.Wall.Seconds(), m.User.Seconds(),
			float64(m.Peak)/1e6, times(m.VsEmpty), times(m.VsVet), times(m.PeakVsEmpty))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func times(x float64) string {
	if x == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", x)
}
