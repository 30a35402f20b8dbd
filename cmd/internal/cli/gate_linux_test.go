package cli

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestAfter judges this process, which stays what it is: what it listened on when the
// update was allowed is compared with what it listens on afterwards.
func TestAfter(t *testing.T) {
	folder := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(folder, "log")
	gate := func(args ...string) (int, string) {
		t.Helper()
		args = append([]string{"gate", "-pid", strconv.Itoa(os.Getpid())}, append(args, exe, exe)...)
		status, stdout, stderr := run(t.Context(), new(Program), os.Environ(), args...)
		return status, stdout + stderr
	}
	want := func(status, wantStatus int, text, part string) {
		t.Helper()
		if status != wantStatus || !strings.Contains(text, part) {
			t.Errorf("status %d, want %d and %q in:\n%s", status, wantStatus, part, text)
		}
	}
	l, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	status, text := gate("-after")
	want(status, ExitFindings, text, "unknown: live/listeners: what OLD listened on is not known")
	status, text = gate("-after", "-audit", log)
	want(status, ExitFindings, text, "there is no audit log")
	status, text = gate("-after", "-audit", log)
	want(status, ExitFindings, text, "has no allowed update from OLD to NEW")
	status, text = gate("-audit", log)
	want(status, ExitNothing, text, "pass: live/listeners: ")
	status, text = gate("-after", "-audit", log)
	want(status, ExitNothing, text, "pass: live/listeners: ")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	status, text = gate("-after", "-audit", log)
	want(status, ExitFindings, text, "fail: live/listeners: nobody took over unix:"+filepath.Join(folder, "socket"))
}

// TestInterrupted holds that a gate ends when it is told to while it waits for findings
// that nobody writes.
func TestInterrupted(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdin, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer end.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	err = new(Program).Run(ctx, os.Environ(), []string{"gate", "-findings", "-", exe, exe}, stdin, &stdout, &stderr)
	if Status(err) != ExitFailed || !strings.Contains(stderr.String(), "interrupted") || stdout.String() != "" {
		t.Errorf("error %v, stdout %q, stderr %q", err, &stdout, &stderr)
	}
}

func TestSupporting(t *testing.T) {
	var list []*finding.Finding
	for _, line := range []int{1, 18, 180} {
		list = append(list, &finding.Finding{Posn: finding.Position{File: "a b/main.go", Line: line}})
	}
	d := &finding.Decision{Result: finding.Deny, Rows: []finding.Row{
		{Result: finding.Pass, Reason: "a b/main.go:1"},
		{Result: finding.Fail, Reason: "moved (named by structcast/file at a b/main.go:180)"},
	}}
	if got := supporting(list, d); len(got) != 1 || got[0] != list[2] {
		t.Errorf("got %v", got)
	}
	d.Result = finding.Allow
	if got := supporting(list, d); len(got) > 0 {
		t.Errorf("got %v for what is allowed", got)
	}
}
