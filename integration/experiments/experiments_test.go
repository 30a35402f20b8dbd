//go:build linux

package main

import (
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/confirm"
	"github.com/hotvet/hotvet/integration/process"
)

var which = flag.String("experiments", "quick", "experiments to run: quick (the first program of each kind, and its twin), all, or none")

func TestMain(m *testing.M) {
	process.GuardMain()
	os.Exit(m.Run())
}

func readTestCorpus(t *testing.T) (root string, c *corpus) {
	t.Helper()
	root, err := moduleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, err = readCorpus(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	return root, c
}

// TestTables fails when a program has changed since its row was made, when a kind
// has no program on one of the sides, and when a row is not as it must be.
func TestTables(t *testing.T) {
	root, c := readTestCorpus(t)
	tsv, markdown := tables(root)
	rows, err := readRows(tsv)
	if err != nil {
		t.Fatal(err)
	}
	byKey := make(map[string]row)
	sides := make(map[string]bool)
	for _, r := range rows {
		byKey[r.key()] = r
		sides[r.category+" "+r.side] = true
		if !r.right() {
			t.Errorf("wrong: %v", r)
		}
	}
	for _, e := range c.experiments {
		if e.side != control && confirm.Oracle(e.category) == "" {
			t.Errorf("%s is neither judged by an experiment nor said to have none", e.category)
		}
		if _, judged := byKey[e.name()]; !judged && !skips(e.category) {
			t.Errorf("no row for %s: run go run ./integration/experiments -runs 10 -only %s -write", e.name(), e.analyzer+"/"+e.program)
			continue
		}
		digest, err := c.digest(e)
		if err != nil {
			t.Fatal(err)
		}
		if r := byKey[e.name()]; !skips(e.category) && r.digest != digest {
			t.Errorf("%s has changed: run go run ./integration/experiments -runs 10 -only %s -write", e.name(), e.analyzer+"/"+e.program)
		}
	}
	for _, category := range confirm.Kinds() {
		for _, side := range []string{"hazard", "safe"} {
			if !sides[category+" "+side] {
				t.Errorf("%s has no program on the side %s", category, side)
			}
		}
	}
	if got, err := os.ReadFile(markdown); err != nil || string(got) != render(rows) {
		t.Errorf("%s is not made from the rows: %v", markdown, err)
	}
}

// skips reports whether a category is known to have no experiment.
func skips(category string) bool { return slices.Contains(confirm.Skipped(), category) }

// TestExperiments runs programs with a hazard and their twins.
func TestExperiments(t *testing.T) {
	if *which == "none" {
		t.Skip("-experiments=none")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler: cgo, the race detector and the address sanitizer need one")
	}
	_, c := readTestCorpus(t)
	seen := make(map[string]string)
	for _, e := range c.experiments {
		if skips(e.category) {
			continue
		}
		if program, ok := seen[e.category]; *which == "quick" && (e.side == control || ok && program != e.program) {
			continue
		}
		seen[e.category] = e.program
		t.Run(strings.ReplaceAll(e.name(), "/", "-"), func(t *testing.T) {
			var log strings.Builder
			r, err := e.run(t.Context(), c, options{runs: 1, verbose: true}, &log)
			if err != nil {
				t.Fatal(err)
			}
			if !r.right() {
				t.Errorf("%v\n%s", r, &log)
			}
		})
	}
}
