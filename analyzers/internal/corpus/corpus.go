// Package corpus runs an analyzer over its programs under testdata/hazards, the
// one corpus that unit tests, drivers and run-time experiments share.
package corpus

import (
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
)

// Dir is the absolute path of testdata/hazards, a module of its own.
func Dir(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("corpus: no caller information")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "testdata", "hazards")
}

// Run checks a against the want comments of testdata/hazards/NAME/..., and with
// fixes against the .golden files beside the sources.
func Run(t *testing.T, a *analysis.Analyzer) {
	t.Helper()
	analysistest.Run(t, Dir(t), a, "./"+a.Name+"/...")
}
