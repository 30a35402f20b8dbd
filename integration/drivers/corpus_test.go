package drivers_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/drivers"
)

// module writes a corpus of one file and copies it.
func module(t *testing.T, text string) (*drivers.Corpus, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "some", "hazard", "p", "main.go")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return drivers.CopyCorpus(dir, filepath.Join(t.TempDir(), "copy"))
}

func TestWants(t *testing.T) {
	c, err := module(t, "package main // want `one` \"two\\\\.\" main:`a fact`\n\n//hotvet:ignore nothing // want `three`\nconst s = \"// want `none`\"\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.Wants {
		got = append(got, strings.Join([]string{w.Analyzer(), w.File, string(rune('0' + w.Line)), w.Message.String()}, " "))
	}
	want := "some some/hazard/p/main.go 1 one\nsome some/hazard/p/main.go 1 two\\.\nsome some/hazard/p/main.go 3 three"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("wants are\n%s\nwant\n%s", text, want)
	}
	for _, bad := range []string{"package main // want one\n", "package main // want `(`\n"} {
		if _, err := module(t, bad); err == nil || !strings.Contains(err.Error(), "main.go:1: ") {
			t.Errorf("%q: error %v, want one with the line", bad, err)
		}
	}
}

// TestRestore changes, adds and removes files of a copy.
func TestRestore(t *testing.T) {
	c, err := module(t, "package main\n")
	if err != nil {
		t.Fatal(err)
	}
	main, extra := filepath.Join(c.Dir, "some/hazard/p/main.go"), filepath.Join(c.Dir, "extra.go")
	for _, change := range []func() error{
		func() error { return os.WriteFile(main, []byte("package other\n"), 0o666) },
		func() error { return os.WriteFile(extra, []byte("package extra\n"), 0o666) },
		func() error { return os.Remove(main) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		changed, err := c.Restore()
		if err != nil || len(changed) != 1 {
			t.Errorf("changed files are %v, error %v; want one", changed, err)
		}
		if again, err := c.Restore(); err != nil || len(again) > 0 {
			t.Errorf("after the files are restored %v differ, error %v", maps.Collect(maps.All(again)), err)
		}
	}
}
