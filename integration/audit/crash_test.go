//go:build unix

package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotvet/hotvet/integration/audit"
)

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
// TestTorn holds that a line without an end is told, taken away, and recorded.
func TestTorn(t *testing.T) {
	for name, tear := range map[string]func(line []byte) []byte{
		"middle":          func(line []byte) []byte { return line[:len(line)-40] },
		"all but the end": func(line []byte) []byte { return line[:len(line)-1] },
		"begin":           func(line []byte) []byte { return line[:3] },
		"power":           func(line []byte) []byte { return make([]byte, len(line)) },
		"power, in part":  func(line []byte) []byte { return append(line[:20], make([]byte, 40)...) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			write(t, path, 2)
			whole, head := read(t, path), read(t, path+".head")
			write(t, path, 1)
			put(t, path+".head", head) // the head is written behind the line
			put(t, path, append(whole, tear(read(t, path)[len(whole):])...))
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

// TestCutLine holds that a line that was whole is not taken for one that a process was
// killed at: somebody was told its decision.
func TestCutLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, path, 2)
	data := read(t, path)
	put(t, path, data[:len(data)-9])
	r := verify(t, path, nil)
	if len(r.Problems) != 2 || !strings.Contains(r.Problems[0], "line 2 has no end, and the head file names it") {
		t.Errorf("report %+v", r)
	}
	if _, err := audit.Append(path, noon, 1); err == nil || !strings.Contains(err.Error(), "lines are missing") {
		t.Errorf("error %v", err)
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
