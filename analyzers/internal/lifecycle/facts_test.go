package lifecycle

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func TestFacts(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer, "facts/app", "facts/profiling", "facts/upgrade", "facts/watching")
}

// Every field must survive the driver's encoding, or a fact tells less in
// another package than in its own.
func TestFactsSurviveEncoding(t *testing.T) {
	for _, fact := range []analysis.Fact{
		&funcFact{
			Stops: Trace, Leaves: CPUProfile, Failed: CPUProfile, Hands: Requests,
			Reached: [numEnds]bool{true, false}, Always: [numEnds]bool{false, true},
			Bare: [numEnds]Resource{allResources, Trace}, Serves: true,
		},
		&packageFact{Replaces: "upgrade.Replace", Restarts: "upgrade.Fork", Catches: true, Pprof: true},
	} {
		v := reflect.ValueOf(fact).Elem()
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%T: the test leaves %s zero", fact, v.Type().Field(i).Name)
			}
		}
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).Encode(fact); err != nil {
			t.Fatal(err)
		}
		got := reflect.New(v.Type()).Interface()
		if err := gob.NewDecoder(&buf).Decode(got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, fact) {
			t.Errorf("%T: got %+v, want %+v", fact, got, fact)
		}
	}
}

// TestFactBudget holds down what every importer of a package must read.
func TestFactBudget(t *testing.T) {
	const perPackage = 200 // bytes, on average, without gob's type descriptions
	cfg := &packages.Config{Mode: packages.LoadAllSyntax, Dir: corpus.Dir(t)}
	pkgs, err := packages.Load(cfg, "./profilestop/...")
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{Analyzer}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	total, facts := 0, 0
	for _, root := range graph.Roots {
		for _, f := range root.AllObjectFacts() {
			total += encodedSize(t, f.Fact)
			facts++
		}
		for _, f := range root.AllPackageFacts() {
			total += encodedSize(t, f.Fact)
			facts++
		}
	}
	t.Logf("%d bytes in %d facts of %d packages", total, facts, len(graph.Roots))
	if facts == 0 {
		t.Fatal("no facts: nothing was measured")
	}
	if total > perPackage*len(graph.Roots) {
		t.Errorf("%d bytes of facts, more than %d for each of %d packages", total, perPackage, len(graph.Roots))
	}
}

// encodedSize is the size of a fact after the first of its type.
func encodedSize(t *testing.T, fact analysis.Fact) int {
	t.Helper()
	var buf bytes.Buffer
	enc := gob.NewEncoder(&buf)
	if err := enc.Encode(fact); err != nil {
		t.Fatal(err)
	}
	buf.Reset()
	if err := enc.Encode(fact); err != nil {
		t.Fatal(err)
	}
	return buf.Len()
}
