// Package corpus runs an analyzer over its programs under testdata/hazards, the
// one corpus that unit tests, drivers and run-time experiments share.
package corpus

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/hotvet/hotvet/analyzers/internal/docs"
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

// Run checks a against the want comments of testdata/hazards/NAME/..., and that
// the programs cover it: each kind that its documentation lists is found in a
// hazard program, and a safe program of the same name shows the guard.
func Run(t *testing.T, a *analysis.Analyzer) {
	t.Helper()
	results := analysistest.Run(t, Dir(t), a, "./"+a.Name+"/...")

	covered := make(map[string]bool)
	for _, r := range results {
		for _, d := range r.Diagnostics {
			file := filepath.ToSlash(r.Pass.Fset.Position(d.Pos).Filename)
			before, program, ok := strings.Cut(file, "/"+a.Name+"/hazard/")
			if !ok {
				continue
			}
			program, _, _ = strings.Cut(program, "/")
			if _, err := os.Stat(filepath.Join(before, a.Name, "safe", program)); err == nil {
				covered[d.Category] = true
			}
		}
	}
	doc, err := docs.Parse(a.Doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range doc.Kinds() {
		if !covered[a.Name+"/"+kind] {
			t.Errorf("no hazard program with a safe twin has a finding %s/%s", a.Name, kind)
		}
	}
}
