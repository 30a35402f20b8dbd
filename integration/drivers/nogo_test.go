package drivers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNogoDocumented holds that the BUILD file of nogo's documentation names each
// analyzer of the corpus.
func TestNogoDocumented(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "nogo", "doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(filepath.Join("..", "..", "testdata", "hazards"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if label := `"@com_github_hotvet_hotvet//analyzers/` + f.Name() + `"`; f.IsDir() && !strings.Contains(string(doc), label) {
			t.Errorf("doc.go of integration/nogo does not name %s", label)
		}
	}
}
