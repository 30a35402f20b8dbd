package drivers_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers"
)

var update = flag.Bool("update", false, "rewrite testdata/drivers.md")

// explanations are the differences that users have to know of.
var explanations = []drivers.Explanation{
	{Driver: "nogo", Kind: drivers.Kindless,
		Reason: "nogo prints the analyzer of a finding, and not the category"},
	{Driver: "nogo", Kind: drivers.Related, Text: regexp.MustCompile(`\) has\nvet has`),
		Reason: "nogo prints no other ends"},
}

// TestDriversAgree runs the corpus through every driver that this machine has.
// The table is compared, or made, when it has them all. With HOTVET_ALL_DRIVERS set,
// one that is missing fails the test.
func TestDriversAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs and runs them over the corpus")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc for the programs with cgo")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := drivers.CopyCorpus(filepath.Join(root, "testdata", "hazards"), filepath.Join(t.TempDir(), "hazards"))
	if err != nil {
		t.Fatal(err)
	}
	site := &drivers.Site{Root: root, Work: t.TempDir()}
	var outcomes []*drivers.Outcome
	complete := true
	for _, d := range site.All() {
		t.Run(d.Name(), func(t *testing.T) {
			err := d.Available(t.Context())
			if missing := new(drivers.Missing); errors.As(err, &missing) {
				complete = false
				if os.Getenv("HOTVET_ALL_DRIVERS") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			outcomes = append(outcomes, outcome(t, d, corpus))
		})
	}
	if t.Failed() {
		return
	}
	var all []drivers.Difference
	for _, o := range outcomes {
		all = append(all, o.Differences(outcomes[0])...)
		all = append(all, o.Unwanted(corpus)...)
	}
	counts, unexplained := drivers.Explain(all, explanations)
	for _, d := range unexplained {
		t.Errorf("%s", d)
	}
	if complete {
		for i, e := range explanations {
			if counts[i] == 0 {
				t.Errorf("%s does not differ any more in %s: %s", e.Driver, e.Kind, e.Reason)
			}
		}
		checkTable(t, filepath.Join(root, "testdata", "drivers.md"), drivers.Table(corpus, outcomes, all, explanations))
	}
}

// outcome runs a driver over the corpus, which is as before afterwards.
func outcome(t *testing.T, d drivers.Driver, corpus *drivers.Corpus) *drivers.Outcome {
	t.Helper()
	cold, err := d.Findings(t.Context(), corpus.Dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Findings(t.Context(), corpus.Dir)
	if err != nil {
		t.Fatalf("again: %v", err)
	}
	fixErr := d.Fix(t.Context(), corpus.Dir)
	fixed, err := corpus.Restore()
	if err := errors.Join(fixErr, err); err != nil {
		t.Fatal(err)
	}
	return &drivers.Outcome{Driver: d.Name(), Cold: cold, Again: again, Fixed: fixed}
}

func checkTable(t *testing.T, file, table string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(table), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != table {
		t.Errorf("testdata/drivers.md is stale; run go test ./integration/drivers -update; it should be\n%s", table)
	}
}
