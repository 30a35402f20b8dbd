package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// countingTool is a vettool that notes each package it is asked about in the
// file that the environment names.
const countingTool = `package main

import (
	"os"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	if strings.HasSuffix(os.Args[len(os.Args)-1], ".cfg") {
		f, err := os.OpenFile(os.Getenv("BENCH_TEST_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			panic(err)
		}
		f.WriteString("asked\n")
		f.Close()
	}
	unitchecker.Main(&analysis.Analyzer{Name: "counting", Doc: "counting counts", Run: func(*analysis.Pass) (any, error) { return nil, nil }})
}
`

// TestColdAndWarm shows that a cold run asks the tool about every package each
// time, and a warm run about none.
func TestColdAndWarm(t *testing.T) {
	scratch, module := t.TempDir(), t.TempDir()
	write(t, filepath.Join(module, "go.mod"), "module example.com/m\n\ngo 1.26\n")
	write(t, filepath.Join(module, "m.go"), "package m\n\nimport \"errors\"\n\nvar E = errors.New(\"e\")\n")
	source, binary := filepath.Join(scratch, "counting.go"), filepath.Join(scratch, "counting")
	write(t, source, countingTool)
	if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log := filepath.Join(scratch, "log")
	t.Setenv("BENCH_TEST_LOG", log)
	asked := func() int {
		data, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		os.Remove(log)
		return bytes.Count(data, []byte("asked\n"))
	}

	m := measurer{dir: module, pattern: "./...", scratch: scratch, progress: io.Discard}
	counting := tool{name: "counting", binary: binary}
	for range 2 {
		private := t.TempDir()
		m.copies++
		command, err := m.command(t.Context(), counting, private)
		if err != nil {
			t.Fatal(err)
		}
		exit, _, used, err := command()
		if err != nil || exit != 0 {
			t.Fatalf("cold run: status %d, %v", exit, err)
		}
		if n := asked(); n < 2 { // the package and what errors imports
			t.Errorf("a cold run asked about %d packages", n)
		}
		if used.Wall <= 0 || used.User <= 0 || used.Peak < 1<<20 {
			t.Errorf("usage of a cold run = %+v", used)
		}
		if _, _, _, err := command(); err != nil {
			t.Fatal(err)
		}
		if n := asked(); n != 0 {
			t.Errorf("a warm run asked about %d packages", n)
		}
	}

	results, err := m.all(t.Context(), []tool{counting, {name: "vet", binary: vetForTest(t)}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if len(r.Cold) != 2 || len(r.Warm) != 2 || r.Exit != 0 || r.Lines != 0 {
			t.Errorf("result = %+v", r)
		}
	}
}

func vetForTest(t *testing.T) string {
	t.Helper()
	binary, err := vetBinary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// TestSameIdentity: a tool that does not tell its copies apart cannot be
// measured cold.
func TestSameIdentity(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "fixed")
	write(t, binary, "#!/bin/sh\necho fixed version v1.0.0\nexit 0\n")
	if err := os.Chmod(binary, 0o777); err != nil {
		t.Fatal(err)
	}
	m := measurer{scratch: dir, progress: io.Discard}
	_, err := m.command(t.Context(), tool{name: "fixed", binary: binary}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "would not be cold") {
		t.Errorf("err = %v", err)
	}
}

// TestPeakIsOfTheTool: this program must stay smaller than what it measures.
func TestPeakIsOfTheTool(t *testing.T) {
	m := measurer{dir: t.TempDir(), progress: io.Discard}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(t.TempDir(), "big")
	if err := copyWithTail(big, goCommand, strings.Repeat("x", 1<<20)); err != nil {
		t.Fatal(err)
	}
	_, _, small, err := m.measure(tool{name: "true"}, exec.Command("true"))
	if err != nil {
		t.Fatal(err)
	}
	if small.Peak == 0 || small.Peak > 40e6 {
		t.Errorf("the peak of a program that does nothing is %d bytes", small.Peak)
	}
}

func TestReport(t *testing.T) {
	runs := func(walls ...time.Duration) []usage {
		var list []usage
		for _, w := range walls {
			list = append(list, usage{Wall: w * time.Second, User: 2 * w * time.Second, Peak: int64(w) * 1e6})
		}
		return list
	}
	rep := newReport(options{module: "m@v1", pattern: "./...", runs: 3}, []result{
		{Tool: "hotvet", Cold: runs(9, 2, 3), Warm: runs(1, 1, 2)},
		{Tool: "empty", Cold: runs(4, 5, 8), Warm: runs(1, 1, 1)},
		{Tool: "vet", Cold: runs(6, 6, 6), Warm: runs(2, 2, 2)},
	})
	var md, js bytes.Buffer
	if err := rep.markdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| hotvet | cold | 3.00 | 6.00 | 3 | 0.60 | 0.50 | 0.60 |",
		"| empty | cold | 5.00 | 10.00 | 5 | 1.00 | 0.83 | 1.00 |",
		"| hotvet | warm | 1.00 | 2.00 | 1 | 1.00 | 0.50 | 1.00 |",
	} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, md.String())
		}
	}
	if err := rep.json(&js); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || len(back.Medians) != 6 || back.Medians[0] != rep.Medians[0] {
		t.Errorf("json reads back as %+v, %v", back.Medians, err)
	}
	// Without the tool to compare with there is no relation.
	alone := newReport(options{}, []result{{Tool: "hotvet", Cold: runs(1, 3), Warm: runs(1)}})
	if m := alone.Medians[0]; m.VsEmpty != 0 || m.Wall != 2*time.Second || times(m.VsEmpty) != "-" {
		t.Errorf("median alone = %+v", m)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"-n", "0", "m@v1"}, {"-tools", "lint", "m@v1"}, {"-format", "xml", "m@v1"}, {"a", "b", "c"}, {"-bogus"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("run(%q) = %v", args, err)
		}
	}
	if err := run(t.Context(), []string{t.TempDir()}, io.Discard, io.Discard); err == nil || errors.Is(err, errUsage) {
		t.Errorf("run of a folder without a module = %v", err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
