package directive_test

import (
	"testing"

	"github.com/hotvet/hotvet/analyzers/directive"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func Test(t *testing.T) { corpus.Run(t, directive.Analyzer) }
