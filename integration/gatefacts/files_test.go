//go:build linux

package gatefacts_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gatefacts"
)

// copyOf copies this test's own binary.
func copyOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(executable(t))
	must(t, err)
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, data, 0o755))
	return path
}

// TestPipe holds that a pipe in the place of a file is not waited for.
func TestPipe(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	must(t, syscall.Mkfifo(fifo, 0o600))
	rows := judge(t, gatefacts.Options{Old: fifo, New: fifo, Hash: true, Profiles: [2]string{fifo, fifo}})
	wantRow(t, rows, "file/old", finding.Fail, "not a regular file")
	wantRow(t, rows, "file/new", finding.Fail, "not a regular file")
}

// TestReplacedWhileRead replaces a file when the gate has read it and asks the service.
func TestReplacedWhileRead(t *testing.T) {
	for _, side := range []string{"old", "new"} {
		for how, change := range map[string]func(path string) error{
			"moved over": func(path string) error {
				return errors.Join(os.WriteFile(path+".2", []byte("x"), 0o755), os.Rename(path+".2", path))
			},
			"written": func(path string) error { return os.Truncate(path, 100) },
			"removed": os.Remove,
		} {
			t.Run(side+" "+how, func(t *testing.T) {
				path := copyOf(t, "svc")
				url := server(t, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) { must(t, change(path)) }})
				o := gatefacts.Options{Old: path, New: executable(t), Health: url + "/"}
				if side == "new" {
					o.Old, o.New = o.New, o.Old
				}
				wantRow(t, judge(t, o), "file/"+side, finding.Fail, "replaced or changed while it was read")
			})
		}
	}
}

func TestPrivileges(t *testing.T) {
	with, bare := copyOf(t, "with"), copyOf(t, "bare")
	must(t, os.Chmod(with, 0o755|os.ModeSetuid|os.ModeSetgid))
	rows := judge(t, gatefacts.Options{Old: with, New: bare})
	wantRow(t, rows, "file/privileges", finding.Fail, fmt.Sprintf("OLD has setuid %d, setgid %d and", os.Getuid(), os.Getgid()))
	rows = judge(t, gatefacts.Options{Old: bare, New: with})
	wantRow(t, rows, "file/privileges", finding.Pass, "NEW gains setuid")

	must(t, os.Chmod(with, 0o755))
	// permitted and effective: net_bind_service and bpf, the second in the upper half
	data := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}
	if err := unix.Setxattr(with, "security.capability", data, 0); err != nil {
		t.Skipf("capabilities cannot be given to a file here: %v", err)
	}
	rows = judge(t, gatefacts.Options{Old: with, New: bare})
	wantRow(t, rows, "file/privileges", finding.Fail, "OLD has cap_net_bind_service=ep, cap_bpf=ep and")
	rows = judge(t, gatefacts.Options{Old: with, New: with})
	wantRow(t, rows, "file/privileges", finding.Pass, "the same")
}

// TestOtherRoot looks at a process in a root of its own: what libraries it finds there
// is not seen from here.
func TestOtherRoot(t *testing.T) {
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\n\nimport (\"io\"; \"os\")\n\nfunc main() { println(\"ready\"); _, _ = io.Copy(io.Discard, os.Stdin) }\n"), 0o644))
	build := exec.Command("go", "build", "-o", "svc", "main.go")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("/svc")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stderr, err := cmd.StderrPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Skipf("a process cannot be given another root here: %v", err)
	}
	defer func() {
		stdin.Close()
		must(t, cmd.Wait())
	}()
	ready := make([]byte, 6)
	if _, err := stderr.Read(ready); err != nil {
		t.Fatal(err)
	}
	exe := executable(t)
	f, err := gatefacts.Read(context.Background(), gatefacts.Options{Old: exe, New: exe, PID: cmd.Process.Pid})
	must(t, err)
	if got := f.Libraries; !got.Value.Static && !strings.Contains(got.Unknown, "another root") {
		t.Errorf("libraries %+v", got)
	}
	own, err := gatefacts.Read(context.Background(), gatefacts.Options{Old: exe, New: exe, PID: os.Getpid()})
	must(t, err)
	if own.Libraries.Unknown != "" {
		t.Errorf("libraries %+v", own.Libraries)
	}
}
