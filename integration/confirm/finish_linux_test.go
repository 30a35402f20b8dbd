package confirm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestChildLeft restarts a service whose first process ends by itself while it is
// asked to, so that its child is left. What that has not written yet is not lost.
func TestChildLeft(t *testing.T) {
	dir := root(t)
	const folder = "integration/confirm/testdata/childleft"
	o := options(t, dir, "./"+folder)
	o.Scenario.Reload, o.Scenario.Restart = nil, []Step{{Signal: "USR2"}}
	f := spanning(t, dir, folder+"/main.go", "pprof.StartCPUProfile", "pprof.StartCPUProfile(profile)", "profilestop/exit",
		"the process exits here, deferred calls do not run", "os.Exit(0)")
	expect(t, o, []*finding.Finding{f}, finding.Refuted)
}

// TestLastLines shows of a crash how it begins, and of all else how it ends.
func TestLastLines(t *testing.T) {
	registers := strings.Repeat("r10 0x0\n", 30)
	for output, want := range map[string]string{
		"": "; it wrote nothing",
		"up\nSIGSEGV: segmentation violation\nPC=0x1\n" + registers: "; in its output:\n\tSIGSEGV: segmentation violation\n\tPC=0x1\n",
		"up\npanic: no\n":                "; its output ends with:\n\tup\n\tpanic: no",
		registers + "Warning: late\nend": "\n\tWarning: late\n\tend",
	} {
		if got := lastLines(output); !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}

// TestWriteStaysInside has a program that made a link out of its folder.
func TestWriteStaysInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "theirs")
	if err := os.WriteFile(outside, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &session{own: t.TempDir()}
	if err := os.Mkdir(s.work(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.work(), "app.json")); err != nil {
		t.Fatal(err)
	}
	if err := s.write("app.json", "ours"); err == nil {
		t.Error("a link out of the folder is followed")
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != "theirs" {
		t.Errorf("the file outside has %q, %v", data, err)
	}
	if err := s.write("conf/app.json", "in $WORK"); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(s.work(), "conf", "app.json")); err != nil || string(data) != "in "+s.work() {
		t.Errorf("the file inside has %q, %v", data, err)
	}
}
