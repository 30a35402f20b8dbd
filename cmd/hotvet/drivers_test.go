package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestDriversAgree holds that the corpus has the same findings, with the same
// ids, through the go command and in process.
func TestDriversAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("analyzes the standard library")
	}
	vet, inProcess := corpusFindings(t, "vet"), corpusFindings(t, "packages")
	if len(vet) == 0 {
		t.Fatal("no findings in the corpus")
	}
	for id, f := range vet {
		if other := inProcess[id]; other == nil {
			t.Errorf("only the go command finds %s: %s (%s)", f.Posn, f.Message, f.Category)
		} else if other.Posn != f.Posn || len(other.Related) != len(f.Related) {
			t.Errorf("%s is at %s with %d related in process, at %s with %d for the go command", id, other.Posn, len(other.Related), f.Posn, len(f.Related))
		}
	}
	for id, f := range inProcess {
		if vet[id] == nil {
			t.Errorf("only in process is found %s: %s (%s)", f.Posn, f.Message, f.Category)
		}
	}
}

func corpusFindings(t *testing.T, driver string) map[string]*finding.Finding {
	t.Helper()
	cmd := exec.Command("hotvet", "-driver", driver, "-format", "json", "./...")
	cmd.Dir = filepath.Join("..", "..", "testdata", "hazards")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("driver %s: %v, want exit status 3\n%s", driver, err, stderr.Bytes())
	}
	stream, err := finding.ReadAll(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]*finding.Finding)
	for _, m := range stream {
		if m.Finding != nil {
			found[m.Finding.ID] = m.Finding
		}
	}
	return found
}
