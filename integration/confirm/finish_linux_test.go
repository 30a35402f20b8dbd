package confirm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/process"
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

// TestSheltered starts something that would outlive its caller and leaves a file.
func TestSheltered(t *testing.T) {
	temp := t.TempDir()
	cmd := exec.Command("sleep", "1000")
	err := Sheltered(temp, os.Environ(), func(env []string) error {
		cmd.Env = env
		folder := strings.TrimPrefix(env[len(env)-1], "TMPDIR=")
		if err := os.WriteFile(filepath.Join(folder, "go-build1"), nil, 0o600); err != nil {
			return err
		}
		return cmd.Start()
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("it ended with %v", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	missing := filepath.Join(temp, "missing")
	if err := Sheltered(missing, nil, func([]string) error { return nil }); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("without a temporary folder: %v", err)
	}
	long := filepath.Join(temp, strings.Repeat("x", 100))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Sheltered(long, nil, func([]string) error { return nil }); err == nil || !strings.Contains(err.Error(), "too long: set TMPDIR") {
		t.Errorf("in a folder with a long name: %v", err)
	}
	if left, err := os.ReadDir(long); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestLateDeparture has an image whose end is told while it is waited for.
func TestLateDeparture(t *testing.T) {
	run, err := process.NewRun(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	s := &session{run: run, own: t.TempDir(), proc: new(process.Process), obs: new(Observation)}
	m := &image{link: &link{pid: ended.Process.Pid, gone: make(chan struct{})}, Image: new(Image)}
	s.images = []*image{m}
	go func() {
		time.Sleep(100 * time.Millisecond)
		s.mu.Lock()
		defer s.mu.Unlock()
		close(m.gone)
	}()
	s.settle(map[*image]bool{m: true})
	if m.End != Asked {
		t.Errorf("the image ended %q, want %q", m.End, Asked)
	}
}
