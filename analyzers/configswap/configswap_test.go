package configswap_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/hotvet/hotvet/analyzers/configswap"
	"github.com/hotvet/hotvet/analyzers/internal/corpus"
)

func Test(t *testing.T) { corpus.Run(t, configswap.Analyzer) }

// TestLibraries checks programs that use a configuration library by a stub of
// it: the corpus has no dependencies.
func TestLibraries(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), configswap.Analyzer, "watched", "startonly")
}
