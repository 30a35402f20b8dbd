package profilestop_test

import (
	"bytes"
	"cmp"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/analyzers/profilestop"
)

func TestFixes(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), profilestop.Analyzer, "fixes")
}

// The source with the edits applied as they are, without a formatter after
// them, must be what the compiler takes and gofmt leaves alone.
func TestFixedSource(t *testing.T) {
	name, err := filepath.Abs(filepath.Join("testdata", "src", "fixes", "fixes.go"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	results := analysistest.Run(t, analysistest.TestData(), profilestop.Analyzer, "fixes")
	fixed := apply(t, src, results[0])
	formatted, err := format.Source(fixed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fixed, formatted) {
		t.Errorf("not in gofmt's style:\n%s", fixed)
	}
	cfg := &packages.Config{Mode: packages.LoadSyntax, Overlay: map[string][]byte{name: fixed}}
	pkgs, err := packages.Load(cfg, "file="+name)
	if err != nil || len(pkgs) != 1 {
		t.Fatalf("%d packages, error %v", len(pkgs), err)
	}
	for _, err := range pkgs[0].Errors {
		t.Error(err)
	}
}

// apply makes all edits of the fixes in result, which is about one file.
func apply(t *testing.T, src []byte, result *analysistest.Result) []byte {
	t.Helper()
	var edits []analysis.TextEdit
	for _, d := range result.Diagnostics {
		for _, fix := range d.SuggestedFixes {
			edits = append(edits, fix.TextEdits...)
		}
	}
	if len(edits) == 0 {
		t.Fatal("no fix is offered")
	}
	slices.SortStableFunc(edits, func(a, b analysis.TextEdit) int { return cmp.Compare(b.Pos, a.Pos) })
	fixed := bytes.Clone(src)
	for _, e := range edits {
		from := result.Pass.Fset.Position(e.Pos).Offset
		to := result.Pass.Fset.Position(e.End).Offset
		fixed = slices.Concat(fixed[:from], e.NewText, fixed[to:])
	}
	return fixed
}
