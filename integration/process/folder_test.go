//go:build linux

package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRemoveOnlyOwnFolder(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(f *folder) error
		want   string // empty: removed
	}{
		{"untouched", func(*folder) error { return nil }, ""},
		{"gone", func(f *folder) error { return os.RemoveAll(f.path) }, ""},
		{"without mark", func(f *folder) error { return os.Remove(filepath.Join(f.path, markFile)) }, "does not carry the mark"},
		{"mark of another", func(f *folder) error { f.mark = "other"; return nil }, "does not carry the mark"},
		{"other folder", func(f *folder) error {
			if err := os.Rename(f.path, f.path+".old"); err != nil {
				return err
			}
			return os.CopyFS(f.path, os.DirFS(f.path+".old"))
		}, "no longer the folder"},
		{"link", func(f *folder) error {
			if err := os.Rename(f.path, f.path+".old"); err != nil {
				return err
			}
			return os.Symlink(f.path+".old", f.path)
		}, "no longer the folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := makeFolder(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := test.change(f); err != nil {
				t.Fatal(err)
			}
			err = f.remove()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if _, err := os.Lstat(f.path); (err == nil) != (test.want != "") {
				t.Errorf("the folder is there: %v", err == nil)
			}
		})
	}
}

// A program can leave what its owner may not change, and links that lead out.
func TestRemoveWhatResists(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRun(t)
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(r.Folder(), "link")); err != nil {
		t.Fatal(err)
	}
	p, err := r.Start(spec(r.Folder(), "litter"))
	if err != nil || p.Exit().Code != 0 {
		t.Fatal(err, p.Output())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.Folder()); err == nil {
		t.Error("the folder is left")
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}
