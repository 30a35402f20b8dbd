package cli

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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
