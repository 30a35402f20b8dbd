//go:build unix

package audit_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotvet/hotvet/integration/audit"
)

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
	open, tail := filepath.Join(folder, "open"), filepath.Join(folder, "tail")
	put(t, open, []byte("a name"))
	write(t, tail, 1)
	put(t, tail, append(read(t, tail), "a name"...))
	garbage := filepath.Join(folder, "garbage")
	put(t, garbage, []byte("some text\n"))
	long := filepath.Join(folder, "long")
	put(t, long, bytes.Repeat([]byte("x"), audit.MaxLine+2))
	for name, want := range map[string]string{
		link: "too many levels", fifo: "not a regular file", folder: "is a directory",
		open: "does not end in a line", tail: "does not end in a line",
		garbage: "not a line of an audit log", long: "not an audit log",
		filepath.Join(folder, "none", "log"): "no such file",
	} {
		if _, err := audit.Append(name, noon, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	for name, want := range map[string]string{garbage: "some text\n", open: "a name"} {
		if got := string(read(t, name)); got != want {
			t.Errorf("what was no log was changed to %q", got)
		}
	}
	if r := verify(t, tail, nil); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "behind line 1 is none of an audit log") {
		t.Errorf("report %+v", r)
	}
	for _, name := range []string{fifo, folder, os.DevNull} {
		if _, err := audit.Verify(name, nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := errors.Join(os.Remove(real+".head"), os.Rename(fifo, real+".head")); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Append(real, noon, 1); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v where the head is a pipe", err)
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
