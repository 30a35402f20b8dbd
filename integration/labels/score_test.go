package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// source has the functions first (lines 3 to 9, a literal inside), second
// (12 to 20) and a literal in a variable (22 to 24).
const source = `package p

func first() {
	f := func() {
		println(1)
	}
	f()

}

// second does little.
func second() {
	println(2)
	println(3)
	println(4)
	println(5)
	println(6)
	println(7)
	println(8)
}

var third = func() {
	println(9)
}

type fourth struct {
	a int
	b int
}
`

func TestEnclosing(t *testing.T) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[int][2]int{
		1: {0, 0}, 3: {3, 9}, 5: {3, 9}, 9: {3, 9}, 10: {0, 0}, 11: {0, 0},
		12: {12, 20}, 20: {12, 20}, 23: {22, 24}, 27: {0, 0},
	} {
		if from, to := enclosing(fset, f, line); [2]int{from, to} != want {
			t.Errorf("enclosing(%d) = %d, %d, want %v", line, from, to, want)
		}
	}
}

func at(analyzer string, points ...point) finding {
	return finding{analyzer: analyzer, category: analyzer + "/kind", message: "thing is lost", points: points}
}

func TestScore(t *testing.T) {
	second := site{from: 12, to: 20}
	hazard := label{Class: "C", Hazard: true, Module: "m", Version: "v1", File: "p.go", Line: 14}
	safe := hazard
	safe.Hazard, safe.Line = false, 19
	typeLine := hazard
	typeLine.Line = 27
	classE := hazard
	classE.Class = "E"

	for _, test := range []struct {
		name     string
		labels   []label
		sites    []site
		findings []finding
		want     []bool
	}{
		{"nothing found", []label{hazard}, []site{second}, nil, []bool{false}},
		{"at the far end of the function", []label{hazard}, []site{second},
			[]finding{at("profilestop", point{"p.go", 20})}, []bool{true}},
		{"outside of the function, four lines away", []label{{Class: "C", Hazard: true, File: "p.go", Line: 18}}, []site{{from: 12, to: 20}},
			[]finding{at("profilestop", point{"p.go", 22})}, []bool{false}},
		{"outside of the function, three lines away", []label{{Class: "C", Hazard: true, File: "p.go", Line: 19}}, []site{{from: 12, to: 20}},
			[]finding{at("profilestop", point{"p.go", 22})}, []bool{true}},
		{"no function, three lines away", []label{typeLine}, []site{{}},
			[]finding{at("profilestop", point{"p.go", 24})}, []bool{true}},
		{"no function, four lines away", []label{typeLine}, []site{{}},
			[]finding{at("profilestop", point{"p.go", 23})}, []bool{false}},
		{"related position in the function", []label{hazard}, []site{second},
			[]finding{at("profilestop", point{"p.go", 200}, point{"p.go", 13})}, []bool{true}},
		{"related position with the line number, in another file", []label{hazard}, []site{second},
			[]finding{at("profilestop", point{"p.go", 200}, point{"q.go", 14})}, []bool{false}},
		{"finding in another file, related position in the function", []label{hazard}, []site{second},
			[]finding{at("profilestop", point{"q.go", 14}, point{"p.go", 14})}, []bool{false}},
		{"analyzer of another class", []label{hazard}, []site{second},
			[]finding{at("structcast", point{"p.go", 14})}, []bool{false}},
		{"each analyzer of a class counts", []label{classE}, []site{second},
			[]finding{at("selfpath", point{"p.go", 14})}, []bool{true}},
		{"shared function, nearer to the hazard", []label{hazard, safe}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 15})}, []bool{true, false}},
		{"shared function, nearer to the safe line", []label{hazard, safe}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 18})}, []bool{false, true}},
		{"shared function, a related position decides", []label{hazard, safe}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 17}, point{"p.go", 14})}, []bool{true, false}},
		{"shared function, one finding each", []label{hazard, safe}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 14}), at("profilestop", point{"p.go", 19})}, []bool{true, true}},
		{"two hazards share a finding", []label{hazard, {Class: "C", Hazard: true, Module: "m", Version: "v1", File: "p.go", Line: 19}}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 14})}, []bool{true, true}},
		{"safe line of another class does not take it", []label{hazard, {Class: "D", Module: "m", Version: "v1", File: "p.go", Line: 18}}, []site{second, second},
			[]finding{at("profilestop", point{"p.go", 18})}, []bool{true, false}},
		{"safe line of another version does not take it", []label{hazard, {Class: "C", Module: "m", Version: "v2", File: "p.go", Line: 18}}, []site{second, {from: 12, to: 20}},
			[]finding{at("profilestop", point{"p.go", 18})}, []bool{true, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sites := slices.Clone(test.sites)
			for i := range sites {
				sites[i].findings = test.findings
			}
			var got []bool
			for _, r := range score(test.labels, sites) {
				got = append(got, len(r.Hits) > 0)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("hits = %v, want %v", got, test.want)
			}
		})
	}
}

// TestOther: for a miss, the most telling finding of the class is named.
func TestOther(t *testing.T) {
	l := label{Class: "C", Hazard: true, File: "p.go", Line: 14}
	far := at("profilestop", point{"z.go", 1})
	across := at("profilestop", point{"q.go", 3}, point{"p.go", 13})
	for _, test := range []struct {
		findings []finding
		want     string
	}{
		{[]finding{at("structcast", point{"p.go", 40})}, ""},
		{[]finding{far}, "z.go:1: thing is lost (profilestop/kind)"},
		{[]finding{far, across}, "q.go:3: thing is lost (profilestop/kind), with a related end here"},
		{[]finding{across, far}, "q.go:3: thing is lost (profilestop/kind), with a related end here"},
		{[]finding{far, at("profilestop", point{"p.go", 14})}, ""},
	} {
		r := score([]label{l}, []site{{from: 12, to: 20, findings: test.findings}})[0]
		if r.Other != test.want {
			t.Errorf("other = %q, want %q", r.Other, test.want)
		}
	}
}

func TestTallyAndThresholds(t *testing.T) {
	hit := []string{"x"}
	results := []result{
		{label: label{Class: "A", Hazard: true}, Hits: hit},
		{label: label{Class: "A", Hazard: true}},
		{label: label{Class: "A", Hazard: true}, NotLoaded: "no build has the file"},
		{label: label{Class: "B"}, Hits: hit},
		{label: label{Class: "B"}},
		{label: label{Class: "B"}},
		{label: label{Class: "B"}},
	}
	total := summarize(results)
	if want := (tally{Hit: 1, Hazards: 2, Flagged: 1, Safe: 4, NotLoaded: 1}); total != want {
		t.Fatalf("total = %+v, want %+v", total, want)
	}
	for _, test := range []struct {
		recall, falseRate float64
		fails             bool
	}{{0, 1, false}, {0.5, 0.25, false}, {0.51, 1, true}, {0, 0.24, true}} {
		err := checkThresholds(total, options{minRecall: test.recall, maxFalse: test.falseRate})
		if errors.Is(err, errThreshold) != test.fails {
			t.Errorf("recall %v, false %v: %v", test.recall, test.falseRate, err)
		}
	}
	// Nothing loaded is never a good score.
	if err := checkThresholds(tally{NotLoaded: 3}, options{maxFalse: 1}); err == nil || errors.Is(err, errThreshold) {
		t.Errorf("nothing loaded: %v", err)
	}
	if err := checkThresholds(tally{Safe: 3}, options{minRecall: 0.1, maxFalse: 1}); !errors.Is(err, errThreshold) {
		t.Errorf("no hazard loaded: %v", err)
	}

	var text, js bytes.Buffer
	if err := printText(&text, results, total); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A      1/2", "B      0/0", "all    1/2", "recall 50.0 %, false alarms 25.0 %", "missed: ", "false alarm: ", "not loaded: "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text lacks %q:\n%s", want, text.String())
		}
	}
	if err := printJSON(&js, results, total); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Labels []result `json:"labels"`
		Total  tally    `json:"total"`
		Recall float64  `json:"recall"`
	}
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || len(back.Labels) != 7 || back.Total != total || back.Recall != 0.5 {
		t.Errorf("json reads back as %+v, %v", back, err)
	}
}
