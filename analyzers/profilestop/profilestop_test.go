package profilestop_test

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/internal/corpus"
	"github.com/hotvet/hotvet/analyzers/profilestop"
)

func TestCorpus(t *testing.T) { corpus.Run(t, profilestop.Analyzer) }
