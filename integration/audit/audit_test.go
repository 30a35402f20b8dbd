//go:build unix

package audit_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/audit"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, path string, n int) (heads []audit.Head) {
	t.Helper()
	for i := range n {
		h, err := audit.Append(path, noon, map[string]int{"entry": i})
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, h)
	}
	return heads
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o640); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, path string, kept *audit.Head) *audit.Report {
	t.Helper()
	r, err := audit.Verify(path, kept)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	heads := write(t, path, 5)
	for _, kept := range append(heads, audit.Head{}) {
		k := &kept
		if kept == (audit.Head{}) {
			k = nil
		}
		if r := verify(t, path, k); len(r.Problems)+len(r.Notes) > 0 || r.Lines != 5 || r.Head != heads[4] {
			t.Errorf("kept %v: %+v", kept, r)
		}
	}
	got, err := audit.ParseHead(heads[2].String())
	if err != nil || got != heads[2] {
		t.Errorf("head %v, error %v", got, err)
	}
	raw, err := audit.Last(path, func(data json.RawMessage) bool { return !bytes.Contains(data, []byte("4")) })
	if err != nil || string(raw) != `{"entry":3}` {
		t.Errorf("last %s, error %v", raw, err)
	}
}

// TestTampering changes a whole log of five lines. next says what the next gate does:
// it notices what happened at the end, and only verify reads the rest.
func TestTampering(t *testing.T) {
	swap := func(a, b int) func(*testing.T, string, [][]byte) [][]byte {
		return func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			lines[a], lines[b] = lines[b], lines[a]
			return lines
		}
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, path string, lines [][]byte) [][]byte
		want   string
		next   string // empty: it does not notice
	}{
		{"changed", func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			lines[2] = bytes.Replace(lines[2], []byte(`"entry":2`), []byte(`"entry":7`), 1)
			return lines
		}, "line 3: it was changed", ""},
		{"spelled otherwise", func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			lines[2] = bytes.Replace(lines[2], []byte(`"entry":{`), []byte(`"entry": {`), 1)
			return lines
		}, "line 3: it was changed", ""},
		{"more in a line", func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			lines[2] = append([]byte(`{"note":"x",`), lines[2][1:]...)
			return lines
		}, `line 3: not a line of an audit log: json: unknown field "note"`, ""},
		{"changed at the end", func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			lines[4] = bytes.Replace(lines[4], []byte(`"entry":4`), []byte(`"entry":7`), 1)
			return lines
		}, "line 5: it was changed", "the last line: it was changed"},
		{"removed", func(_ *testing.T, _ string, lines [][]byte) [][]byte { return slices.Delete(lines, 1, 2) },
			"line 2 is number 3 and comes behind 1: lines are missing or moved", ""},
		{"first removed", func(_ *testing.T, _ string, lines [][]byte) [][]byte { return lines[1:] },
			"line 1 is number 2 and comes behind 0", ""},
		{"last removed", func(_ *testing.T, _ string, lines [][]byte) [][]byte { return lines[:4] },
			"lines are missing at the end", "lines are missing at the end"},
		{"all removed", func(*testing.T, string, [][]byte) [][]byte { return nil },
			"the head file names number 5, the last line is 0", "lines are missing at the end"},
		{"swapped", swap(1, 2), "line 2 is number 3 and comes behind 1", ""},
		{"swapped at the end", swap(3, 4), "line 4 is number 5 and comes behind 3", "lines are missing at the end"},
		{"doubled", func(_ *testing.T, _ string, lines [][]byte) [][]byte { return slices.Insert(lines, 2, lines[1]) },
			"line 3 is number 2 and comes behind 2", ""},
		{"of another log", func(t *testing.T, _ string, lines [][]byte) [][]byte {
			other := filepath.Join(t.TempDir(), "other")
			if _, err := audit.Append(other, noon.Add(time.Hour), "x"); err != nil {
				t.Fatal(err)
			}
			lines[0] = bytes.TrimSuffix(read(t, other), []byte("\n"))
			return lines
		}, "line 2 does not follow the one before it", ""},
		{"end of another log", func(t *testing.T, _ string, _ [][]byte) [][]byte {
			other := filepath.Join(t.TempDir(), "other")
			for range 5 {
				if _, err := audit.Append(other, noon.Add(time.Hour), "x"); err != nil {
					t.Fatal(err)
				}
			}
			return bytes.Split(bytes.TrimSuffix(read(t, other), []byte("\n")), []byte("\n"))
		}, "no line is the one that the head file names", "the log was changed"},
		{"added by hand", func(t *testing.T, path string, lines [][]byte) [][]byte {
			head := read(t, path+".head")
			write(t, path, 2)
			put(t, path+".head", head)
			return bytes.Split(bytes.TrimSuffix(read(t, path), []byte("\n")), []byte("\n"))
		}, "lines were added by hand", "the log was changed"},
		{"no line at all", func(_ *testing.T, _ string, lines [][]byte) [][]byte {
			return append(lines[:2:2], append([][]byte{[]byte("hello")}, lines[3:]...)...)
		}, "line 3: not a line of an audit log", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			heads := write(t, path, 5)
			lines := test.change(t, path, bytes.Split(bytes.TrimSuffix(read(t, path), []byte("\n")), []byte("\n")))
			var text []byte
			for _, line := range lines {
				text = append(append(text, line...), '\n')
			}
			put(t, path, text)
			r := verify(t, path, nil)
			if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, test.want) }) {
				t.Errorf("problems %q, want %q", r.Problems, test.want)
			}
			if _, err := audit.Last(path, func(json.RawMessage) bool { return true }); err == nil {
				t.Error("a log that is not whole was read")
			}
			_, err := audit.Append(path, noon, 1)
			switch {
			case test.next == "" && err != nil:
				t.Errorf("the next gate fails: %v", err)
			case test.next != "" && (err == nil || !strings.Contains(err.Error(), test.next)):
				t.Errorf("the next gate says %v, want %q", err, test.next)
			case test.next == "" && len(verify(t, path, nil).Problems) == 0:
				t.Error("the next line hides what was changed")
			}
			_ = heads
		})
	}
}

// TestCutWithHead holds what the files alone cannot show, and a head kept elsewhere
// does.
func TestCutWithHead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	heads := write(t, path, 5)
	lines := bytes.SplitAfter(read(t, path), []byte("\n"))
	put(t, path, bytes.Join(lines[:3], nil))
	put(t, path+".head", []byte(heads[2].String()+"\n"))
	if r := verify(t, path, nil); len(r.Problems) > 0 {
		t.Errorf("problems %q", r.Problems)
	}
	if r := verify(t, path, &heads[4]); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "kept elsewhere") {
		t.Errorf("problems %q", r.Problems)
	}
	if r := verify(t, path, &heads[1]); len(r.Problems) > 0 {
		t.Errorf("problems %q for a head that is there", r.Problems)
	}
}

func TestNoHead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, path, 2)
	if err := os.Remove(path + ".head"); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, path, nil); len(r.Problems) > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "no head file") {
		t.Errorf("report %+v", r)
	}
	write(t, path, 1)
	if r := verify(t, path, nil); len(r.Problems) > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "line 3 tells that the head file was missing") {
		t.Errorf("report %+v", r)
	}
	put(t, path+".head", []byte("nonsense"))
	if _, err := audit.Append(path, noon, 1); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v", err)
	}
}
