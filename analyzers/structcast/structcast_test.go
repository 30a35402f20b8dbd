package structcast

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/internal/corpus"
	"github.com/hotvet/hotvet/analyzers/internal/docs"
)

func TestCorpus(t *testing.T) { corpus.Run(t, Analyzer) }

func TestDoc(t *testing.T) {
	if _, err := docs.Parse(Analyzer.Doc); err != nil {
		t.Error(err)
	}
}
