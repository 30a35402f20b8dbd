package cgoexport

import (
	"strings"
	"testing"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
)

// TestMessages holds the messages to the form that all of hotvet's have.
func TestMessages(t *testing.T) {
	for _, msg := range []string{msgPanic, msgUser, msgValue, msgLookup, msgHandle, msgNilFn, msgNilMap, msgRace,
		msgCtor, msgJoin, msgSignal, msgAtexit, msgDrain, msgDrainAcross, msgResult, msgParam, msgCount} {
		if words := len(strings.Fields(msg)); words > 12 || len(msg) > 80 || strings.HasSuffix(msg, ".") {
			t.Errorf("%q has %d words and %d bytes, or ends with a period", msg, words, len(msg))
		}
	}
}

// TestKindsAreDocumented holds that the documentation has each kind.
func TestKindsAreDocumented(t *testing.T) {
	d, err := docs.Parse(Analyzer.Doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"drain", "panic", "state", "ctor", "atexit", "signal", "abi"} {
		if !strings.Contains(d.Breaks, "- "+kind+":") {
			t.Errorf("kind %s is not documented", kind)
		}
	}
}
