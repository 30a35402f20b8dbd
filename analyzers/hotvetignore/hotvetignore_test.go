package hotvetignore_test

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/hotvetignore"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func Test(t *testing.T) { corpus.Run(t, hotvetignore.Analyzer) }
