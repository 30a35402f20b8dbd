//go:build unix

package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/audit"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// TestMain is also the process that a test kills, limits or runs beside another.
func TestMain(m *testing.M) {
	if path := os.Getenv("HOTVET_AUDIT_LOG"); path != "" {
		os.Exit(appendMany(path, os.Getenv("HOTVET_AUDIT_LIMIT"), os.Getenv("HOTVET_AUDIT_COUNT")))
	}
	os.Exit(m.Run())
}

// appendMany appends count entries and prints the head of each that was acknowledged.
func appendMany(path, limit, count string) int {
	if n, err := strconv.ParseUint(limit, 10, 63); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		n = 1 << 30
	}
	for i := range n {
		h, err := audit.Append(path, noon, map[string]any{"i": i, "pid": os.Getpid(), "padding": strings.Repeat("x", 3000)})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(h)
	}
	return 0
}

func child(t *testing.T, path, limit, count string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HOTVET_AUDIT_LOG="+path, "HOTVET_AUDIT_LIMIT="+limit, "HOTVET_AUDIT_COUNT="+count)
	return cmd
}

// write makes a log of n entries and returns the heads after each.
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

// TestTorn holds that a line without an end is told, taken away, and recorded.
func TestTorn(t *testing.T) {
	for name, cut := range map[string]int{"middle": 40, "all but the end": 1} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			write(t, path, 2)
			head := read(t, path+".head")
			write(t, path, 1)
			put(t, path+".head", head) // the head is written behind the line
			data := read(t, path)
			put(t, path, data[:len(data)-cut])
			r := verify(t, path, nil)
			if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "line 3 has no end") || r.Lines != 2 {
				t.Errorf("report %+v", r)
			}
			write(t, path, 1)
			r = verify(t, path, nil)
			if len(r.Problems) > 0 || r.Lines != 3 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "line 3 tells of a line without an end") {
				t.Errorf("report %+v", r)
			}
		})
	}
}

// TestKilled kills gates while they write, again and again. What they acknowledged must
// be in the log, and the log must stay one that can be continued.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var acknowledged []string
	for round := range 12 {
		cmd := child(t, path, "", "")
		var out bytes.Buffer
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The kill comes at some point behind the first lines.
		buffer := make([]byte, 80)
		for range 1 + round%4 {
			n, err := pipe.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(buffer[:n])
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.ReadFrom(pipe); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) {
			t.Fatalf("the child was not killed: %v", err)
		}
		acknowledged = append(acknowledged, strings.Fields(out.String())...)
	}
	last := write(t, path, 1)
	r := verify(t, path, &last[0])
	if len(r.Problems) > 0 || r.Lines <= len(acknowledged) {
		t.Errorf("%d lines acknowledged, report %+v", len(acknowledged), r)
	}
	for _, text := range acknowledged {
		h, err := audit.ParseHead(text)
		if err != nil {
			continue // the last that was printed may be cut
		}
		if r := verify(t, path, &h); len(r.Problems) > 0 {
			t.Fatalf("acknowledged %s: %q", h, r.Problems)
		}
	}
}

// TestTwoGates runs several processes on one log.
func TestTwoGates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var list []*exec.Cmd
	for range 4 {
		cmd := child(t, path, "", "20")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		list = append(list, cmd)
	}
	for _, cmd := range list {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if r := verify(t, path, nil); len(r.Problems)+len(r.Notes) > 0 || r.Lines != 80 {
		t.Errorf("report %+v", r)
	}
}

// TestFull holds that a write that does not fit fails as a whole: a process whose files
// may not grow is like a disk that is full.
func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	cmd := child(t, path, "20000", "")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), "file too large") {
		t.Fatalf("error %v, stderr %q", err, &stderr)
	}
	n := len(strings.Fields(stdout.String()))
	if r := verify(t, path, nil); len(r.Problems)+len(r.Notes) > 0 || r.Lines != n || n == 0 {
		t.Errorf("%d lines acknowledged, report %+v", n, r)
	}
}

func TestRefused(t *testing.T) {
	folder := t.TempDir()
	real := filepath.Join(folder, "real")
	write(t, real, 1)
	link, fifo := filepath.Join(folder, "link"), filepath.Join(folder, "fifo")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	garbage := filepath.Join(folder, "garbage")
	put(t, garbage, []byte("some text\n"))
	long := filepath.Join(folder, "long")
	put(t, long, bytes.Repeat([]byte("x"), audit.MaxLine+2))
	for name, want := range map[string]string{
		link: "too many levels", fifo: "not a regular file", folder: "is a directory",
		garbage: "not a line of an audit log", long: "not an audit log",
		filepath.Join(folder, "none", "log"): "no such file",
	} {
		if _, err := audit.Append(name, noon, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	if got := string(read(t, garbage)); got != "some text\n" {
		t.Errorf("what was no log was changed to %q", got)
	}
	if _, err := audit.Append(filepath.Join(folder, "big"), noon, strings.Repeat("x", audit.MaxLine)); err == nil {
		t.Error("a line that is too long was written")
	}
}

func TestParseHead(t *testing.T) {
	for _, text := range []string{"", "1", "1:", "x:" + strings.Repeat("0", 64), "1:" + strings.Repeat("0", 63), "1:" + strings.Repeat("G", 64), " 1:" + strings.Repeat("0", 64), "1:" + strings.Repeat("0", 65), "01:" + strings.Repeat("0", 64)} {
		if h, err := audit.ParseHead(text); err == nil {
			t.Errorf("%q is taken for %v", text, h)
		}
	}
}

// FuzzVerify holds that no text makes verify fail otherwise than by a report, and that
// a text that is whole is one that Append writes.
func FuzzVerify(f *testing.F) {
	path := filepath.Join(f.TempDir(), "log")
	for i := range 3 {
		if _, err := audit.Append(path, noon, i); err != nil {
			f.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-9])
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"hash":"","entry":null}` + "\n"))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		name := filepath.Join(folder, "log")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := audit.Verify(name, nil)
		if err != nil {
			return
		}
		if len(r.Problems) == 0 && uint64(r.Lines) != r.Head.Seq {
			t.Errorf("%d lines are whole, the head is %v", r.Lines, r.Head)
		}
	})
}
