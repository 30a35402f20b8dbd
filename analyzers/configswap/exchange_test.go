package configswap

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

// TestFacts checks which functions get a fact, and what it says.
func TestFacts(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), exchanges, "example.test/store", "example.test/relay")
}

// TestAcross checks what importers make of them: same and other objects,
// parameters, and signals that end the service.
func TestAcross(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer, "example.test/serve")
}

func TestFactSurvivesEncoding(t *testing.T) {
	fact := &exchangeFact{[]conflict{{Reader: "Store.Text", Form: otherLock, Kind: "multiword", Global: true, Runs: true, Scalar: true}}}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(fact); err != nil {
		t.Fatal(err)
	}
	got := new(exchangeFact)
	if err := gob.NewDecoder(&buf).Decode(got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, fact) {
		t.Errorf("fact is %+v after encoding, %+v before", got, fact)
	}
}

// TestMessages holds that each form of a conflict has a message of its own.
func TestMessages(t *testing.T) {
	seen := make(map[string]bool)
	for form := bare; form <= readerAtomic; form++ {
		msg := conflict{Form: form, Kind: "pointer"}.message()
		if msg == "" || len(msg) > 80 || seen[msg] {
			t.Errorf("message of form %d is %q", form, msg)
		}
		seen[msg] = true
	}
}
