package main

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/analyzers"
	"github.com/hotvet/hotvet/integration/drivers/lsp"
)

// TestSwitches has every other analyzer of the suite on, then the others, in the
// settings of a running editor, and looks at one program of the corpus for each.
// (Each set of analyzers is one more analysis of the standard library.)
func TestSwitches(t *testing.T) {
	needC(t)
	dir := write(t, nil)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "hazards"))); err != nil {
		t.Fatal(err)
	}
	programs := make(map[string]string) // a file with a finding, by analyzer
	filters := []string{"-"}            // of folders: nothing but these programs is loaded
	for _, a := range analyzers.All() {
		folder := path.Join(a.Name, "hazard")
		file := wanting(t, filepath.Join(dir, folder))
		programs[a.Name] = file
		filters = append(filters, "+"+path.Join(folder, filepath.Base(filepath.Dir(file))))
	}
	settings := func(round int) map[string]any {
		switches := make(map[string]bool)
		for i, a := range analyzers.All() {
			switches[a.Name] = i%2 == round
		}
		return map[string]any{"analyses": switches, "pullDiagnostics": true, "directoryFilters": filters}
	}
	c, _ := edit(t, "hotvet", dir, settings(0))
	for _, file := range programs {
		open(t, c, file)
	}
	for round := range 2 {
		if err := c.Configure(settings(round)); err != nil {
			t.Fatal(err)
		}
		for i, a := range analyzers.All() {
			if on, said := i%2 == round, speaks(t, c, programs[a.Name], a.Name); on != said {
				t.Errorf("%s is switched on: %v, has findings in %s: %v", a.Name, on, programs[a.Name], said)
			}
		}
	}
}

// wanting returns a file of a hazard program that has a want comment.
func wanting(t *testing.T, hazards string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(hazards, "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "// want ") {
			return file
		}
	}
	t.Fatalf("no program in %s has a want comment", hazards)
	return ""
}

// speaks asks whether an analyzer of the suite has findings in an open file.
func speaks(t *testing.T, c *lsp.Client, file, analyzer string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	list, err := c.Pull(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(d lsp.Diagnostic) bool {
		code, _ := d.Code.(string)
		return d.Source == analyzer && strings.HasPrefix(code, analyzer+"/")
	})
}
