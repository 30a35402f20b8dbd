package main

import (
	"fmt"
	"slices"
)

// A finding hits a label when an analyzer of the label's class reported it in
// the label's file and its position, or a related position in that file, lies
// in the function around the labelled line or at most nearLines from the line.
// A hit on a hazard is wanted, on a safe line it is a false alarm. Where hazard
// and safe labels of a class share a function, a finding that lies there counts
// for the labels that are nearest to it.
const nearLines = 3

// result is the score of one label.
type result struct {
	label
	Setting   string   `json:"setting,omitempty"`    // how the file was built, "" for the host's build
	NotLoaded string   `json:"not_loaded,omitempty"` // why it was not
	Hits      []string `json:"hits,omitempty"`       // findings that hit, as category: message
	Other     string   `json:"other,omitempty"`      // what was found instead, for a missed hazard
}

func (r result) String() string {
	text := fmt.Sprintf("%v (%s)", r.label, r.Class)
	if r.Setting != "" {
		text += " " + r.Setting
	}
	return text
}

// wrong reports whether the result is a miss or a false alarm.
func (r result) wrong() bool {
	return r.NotLoaded == "" && (len(r.Hits) > 0) != r.Hazard
}

func score(labels []label, sites []site) []result {
	results := make([]result, len(labels))
	for i, l := range labels {
		r := result{label: l, Setting: sites[i].setting.String(), NotLoaded: sites[i].notLoaded}
		best := 0
		for _, f := range sites[i].findings {
			if !slices.Contains(classAnalyzers[l.Class], f.analyzer) {
				continue
			}
			text, rank := f.String(), 1
			switch {
			case hits(f, l, sites[i]) && nearest(f, i, labels, sites):
				if !slices.Contains(r.Hits, text) { // test variants repeat findings
					r.Hits = append(r.Hits, text)
				}
				continue
			case hits(f, l, sites[i]):
				text, rank = text+", nearer to another label of the function", 3
			case touches(f, l, sites[i]):
				text, rank = text+", with a related end here", 2
			}
			if rank > best {
				r.Other, best = text, rank
			}
		}
		if len(r.Hits) > 0 {
			r.Other = ""
		}
		slices.Sort(r.Hits)
		results[i] = r
	}
	return results
}

func (f finding) String() string {
	name := f.category
	if name == "" {
		name = f.analyzer
	}
	return fmt.Sprintf("%s:%d: %s (%s)", f.points[0].file, f.points[0].line, f.message, name)
}

func hits(f finding, l label, s site) bool {
	return f.points[0].file == l.File && touches(f, l, s)
}

// touches reports whether one of the ends of f lies where it must for a hit.
func touches(f finding, l label, s site) bool {
	return slices.ContainsFunc(f.points, func(p point) bool {
		if p.file != l.File {
			return false
		}
		return s.from <= p.line && p.line <= s.to || distance(p.line, l.Line) <= nearLines
	})
}

// nearest reports whether no label of the opposite kind that shares function,
// class and setting with label i is nearer to f.
func nearest(f finding, i int, labels []label, sites []site) bool {
	l := labels[i]
	for j, other := range labels {
		shares := other.Hazard != l.Hazard && other.Class == l.Class && other.File == l.File &&
			other.Module == l.Module && other.Version == l.Version &&
			sites[i].to > 0 && sites[i].from == sites[j].from && sites[i].to == sites[j].to
		if shares && closest(f, other) < closest(f, l) {
			return false
		}
	}
	return true
}

// closest returns how many lines lie between a label and the next position of f
// in its file.
func closest(f finding, l label) int {
	best := -1
	for _, p := range f.points {
		if p.file != l.File {
			continue
		}
		if d := distance(p.line, l.Line); best < 0 || d < best {
			best = d
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// tally counts the labels of a class, or of all.
type tally struct {
	Hit       int `json:"hit"`        // hazards hit
	Hazards   int `json:"hazards"`    // hazards loaded
	Flagged   int `json:"flagged"`    // safe lines with a finding
	Safe      int `json:"safe"`       // safe lines loaded
	NotLoaded int `json:"not_loaded"` // labels whose file was not built
}

func (t *tally) add(r result) {
	found := 0
	if len(r.Hits) > 0 {
		found = 1
	}
	switch {
	case r.NotLoaded != "":
		t.NotLoaded++
	case r.Hazard:
		t.Hazards++
		t.Hit += found
	default:
		t.Safe++
		t.Flagged += found
	}
}

// recall is the share of the hazards that was hit; 1 when there are none.
func (t tally) recall() float64 {
	if t.Hazards == 0 {
		return 1
	}
	return float64(t.Hit) / float64(t.Hazards)
}

// falseRate is the share of the safe lines that was flagged; 0 when there are none.
func (t tally) falseRate() float64 {
	if t.Safe == 0 {
		return 0
	}
	return float64(t.Flagged) / float64(t.Safe)
}

func summarize(results []result) tally {
	var total tally
	for _, r := range results {
		total.add(r)
	}
	return total
}
