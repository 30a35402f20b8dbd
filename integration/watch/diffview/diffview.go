// Package diffview shows what differs between two profiles: as text, as JSON, and
// as one html page with a bar chart and a flame graph of the difference.
package diffview

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/profile"
)

// Formats returns the names that [View.Write] knows.
func Formats() []string { return []string{"text", "json", "html"} }

// A View is two profiles beside each other.
type View struct {
	names [2]string
	infos [2]profile.Info
	diff  profile.Diff
	tree  *profile.Node
}

// New compares two profiles of the same kind, which names tell apart.
func New(nameA, nameB string, a, b *pprof.Profile) (*View, error) {
	d, err := profile.Compare(a, b)
	if err != nil {
		return nil, err
	}
	tree, err := profile.Tree(a, b)
	if err != nil {
		return nil, err
	}
	return &View{
		names: [2]string{nameA, nameB},
		infos: [2]profile.Info{profile.Describe(a), profile.Describe(b)},
		diff:  d,
		tree:  tree,
	}, nil
}

// Write writes the view. The text table has the top functions alone, 0 all of them;
// the other formats have as many as a reader can take.
func (v *View) Write(w io.Writer, format string, top int) error {
	switch format {
	case "text":
		return v.text(w, top)
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "\t")
		return enc.Encode(struct {
			Names [2]string `json:"names"`
			Gap   *float64  `json:"gap_seconds,omitempty"` // between the two, where they say when they were taken
			Summary
		}{v.names, v.gap(), Summarize(v.diff, top)})
	case "html":
		return v.html(w)
	}
	return fmt.Errorf("unknown format %q", format)
}

// gap returns the seconds between the profiles, nil when there is no telling.
func (v *View) gap() *float64 {
	gap, err := profile.Gap(v.infos[0].Window(), v.infos[1].Window())
	if err != nil {
		return nil
	}
	seconds := gap.Seconds()
	return &seconds
}

// A Summary is a difference as JSON has it.
type Summary struct {
	Type      string     `json:"type"`
	Unit      string     `json:"unit"`
	Stacks    float64    `json:"stacks"` // similarity of the sets of stacks (Jaccard), 0 to 1
	Shift     float64    `json:"shift"`  // of hot spots, 0 to 1
	Chance    float64    `json:"chance"` // the shift to be expected of two samples of the same; 0 where nothing is sampled
	Moved     float64    `json:"moved"`  // the part of the hot spots that moved beyond chance, 0 to 1
	Alike     float64    `json:"alike"`  // stacks, as a part of what is to be expected of two samples of the same, 0 to 1
	Before    Side       `json:"before"`
	After     Side       `json:"after"`
	Functions []Function `json:"functions"`      // the largest change first
	More      int        `json:"more,omitempty"` // functions that are left out
}

// A Side is one of the two profiles.
type Side struct {
	Stacks  int     `json:"stacks"`
	Total   float64 `json:"total"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"` // total per second; 0 without a duration
}

// A Function is one row of the table. Shares are 0 to 1.
type Function struct {
	Name      string  `json:"name"`
	Before    Share   `json:"before"`
	After     Share   `json:"after"`
	Change    float64 `json:"change"` // of the flat share
	CumChange float64 `json:"cum_change"`
}

// A Share is what a function took itself, and with what it called.
type Share struct {
	Flat     float64 `json:"flat"`
	Cum      float64 `json:"cum"`
	FlatRate float64 `json:"flat_rate"` // per second
	CumRate  float64 `json:"cum_rate"`
}

// Summarize returns a difference with its top functions, 0 for all.
func Summarize(d profile.Diff, top int) Summary {
	s := Summary{
		Type: d.Type, Unit: d.Unit, Stacks: d.Stacks, Shift: d.Shift,
		Chance: d.Chance, Moved: d.Moved, Alike: d.Alike,
		Before: side(d.Before), After: side(d.After), Functions: []Function{},
	}
	list := d.Functions
	if top > 0 && len(list) > top {
		list, s.More = list[:top], len(list)-top
	}
	for _, f := range list {
		s.Functions = append(s.Functions, Function{f.Name, Share(f.Before), Share(f.After), f.FlatChange(), f.CumChange()})
	}
	return s
}

func side(s profile.Side) Side {
	return Side{s.Stacks, s.Total, s.Duration.Seconds(), s.Rate}
}

// Amount spells a value in its unit.
func Amount(value float64, unit string) string {
	switch unit {
	case "nanoseconds":
		return fmt.Sprintf("%.2f s", value/1e9)
	case "bytes":
		return fmt.Sprintf("%.1f MB", value/(1<<20))
	case "count":
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}

// when says when a profile was taken and for how long, as far as it tells.
func when(i profile.Info) string {
	s := "at an unknown time"
	if !i.Start.IsZero() {
		s = i.Start.UTC().Format("2006-01-02 15:04:05 MST")
	}
	if i.Duration > 0 {
		s += ", " + i.Duration.Round(10*time.Millisecond).String()
	}
	return s
}
