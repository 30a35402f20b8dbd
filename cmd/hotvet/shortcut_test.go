package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hotvet/hotvet/cmd/internal/cli"
	"github.com/hotvet/hotvet/cmd/internal/unit"
)

// withoutShortcut returns p with every dependency analyzed.
func withoutShortcut(p *cli.Program) *cli.Program {
	p.Shortcut = nil
	return p
}

// audited returns p with every dependency analyzed, which fails when there are
// facts about one that the short cut would have passed over.
func audited(p *cli.Program) *cli.Program {
	p.Audit, p.Shortcut = p.Shortcut, nil
	return p
}

// TestShortcutIsSound analyzes the corpus, this module and what they depend on,
// and fails when the short cut would have taken a package with facts for one
// without. What the standard library's own facts are worth is seen by
// TestShortcutKeepsFindings.
func TestShortcutIsSound(t *testing.T) {
	if testing.Short() {
		t.Skip("analyzes the standard library")
	}
	for name, dir := range roots() {
		t.Run(name, func(t *testing.T) {
			vet(t, "auditvet", dir)
		})
	}
}

// TestShortcutKeepsFindings compares the findings with and without it.
func TestShortcutKeepsFindings(t *testing.T) {
	if testing.Short() {
		t.Skip("analyzes the standard library")
	}
	for name, dir := range roots() {
		t.Run(name, func(t *testing.T) {
			with, without := vet(t, "hotvet", dir), vet(t, "fullvet", dir)
			if !reflect.DeepEqual(with, without) {
				t.Errorf("findings differ:\n%v\n%v", with, without)
			}
			if name == "corpus" && len(with) == 0 {
				t.Error("no findings in the corpus")
			}
		})
	}
}

// roots returns the folders of two modules: the corpus, and this one with the
// libraries that it imports.
func roots() map[string]string {
	return map[string]string{
		"corpus": filepath.Join("..", "..", "testdata", "hazards"),
		"hotvet": filepath.Join("..", ".."),
	}
}

// vet runs one of this binary's commands as a vet tool and returns the results
// that are not empty.
func vet(t *testing.T, command, dir string) unit.Tree {
	t.Helper()
	tool, err := exec.LookPath(command)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", "-json", "-vettool="+tool, "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in %s: %v\n%s", command, dir, err, stderr.Bytes())
	}
	all := make(unit.Tree)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		tree := make(unit.Tree)
		if err := dec.Decode(&tree); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(tree, func(_ string, r map[string]unit.Result) bool { return len(r) == 0 })
		maps.Copy(all, tree)
	}
}
