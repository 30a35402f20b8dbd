package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// explained returns the checks that the page on the gate lists, such as "build/goos"
// of the line "build/goos, goarch". Capital letters stand for what is named there.
func explained(page string) map[string]bool {
	names := make(map[string]bool)
	group := ""
	for line := range strings.Lines(page) {
		head := regexp.MustCompile(`^  ([a-z]+/\S+(?:, \S+)*)  +\S`).FindStringSubmatch(line)
		if head == nil {
			continue
		}
		for name := range strings.SplitSeq(head[1], ", ") {
			if before, after, ok := strings.Cut(name, "/"); ok {
				group, name = before, after
			}
			names[group+"/"+strings.TrimRight(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = true
		}
	}
	return names
}

// TestExplainGate holds the page against the checks of the gate: in its source each
// is a string that begins with its group.
func TestExplainGate(t *testing.T) {
	names := explained(gatePage)
	files, err := filepath.Glob("../../../integration/gate/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	groups := make(map[string]bool)
	for name := range names {
		group, _, _ := strings.Cut(name, "/")
		groups[group] = true
	}
	used := make(map[string]bool)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([a-z]+)/([a-z]*)"`).FindAllStringSubmatch(string(data), -1) {
			if !groups[m[1]] {
				continue
			}
			used[m[1]] = true
			// What is put together, such as "file/"+side, has its parts listed.
			if name := m[1] + "/" + m[2]; !names[name] && (m[2] != "" || m[1] == "layout") {
				t.Errorf("%s: the page does not explain %s", filepath.Base(file), name)
			}
		}
	}
	for group := range groups {
		if !used[group] {
			t.Errorf("the gate has no checks %s/", group)
		}
	}
}
