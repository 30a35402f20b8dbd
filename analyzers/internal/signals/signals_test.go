package signals_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/hotvet/hotvet/analyzers/internal/signals"
)

func TestSignals(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), signals.Analyzer, "server", "quiet")
}
