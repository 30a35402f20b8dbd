package watch

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestKeep: the newest stay, of each kind and service, and no other file is touched.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu.pb.gz", "cpu-00000000-20200101T000000.000000000Z.pb.gz", "notes.txt"} {
		write(t, filepath.Join(dir, name), "mine")
	}
	s, err := openStore(dir, url.URL{Scheme: "http", Host: "a", Path: "/"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		for _, kind := range []string{"cpu", "health"} {
			if _, err := s.save(kind, began.Add(time.Duration(i)*time.Minute), []byte{byte('0' + i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if names := list(t, dir); len(names) != 3+3+3 {
		t.Errorf("files %q", names)
	}
	newest := s.newest("cpu")
	if len(newest) != 3 || !strings.HasSuffix(newest[0], "-20260102T030400.000000000Z.pb.gz") {
		t.Errorf("newest %q", newest)
	}
	info, err := os.Stat(filepath.Join(dir, newest[0]))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// Another password is no other service.
	again, err := openStore(dir, url.URL{Scheme: "http", Host: "a", Path: "/", User: url.UserPassword("u", "p")}, 3)
	if err != nil || again.service != s.service {
		t.Errorf("service %v, %v, want %s", again, err, s.service)
	}
	// A kind has one ending.
	write(t, filepath.Join(dir, "cpu-"+s.service+"-20260102T030400.000000000Z.json"), "mine")
	if got := s.newest("cpu"); len(got) != 3 {
		t.Errorf("newest %q", got)
	}
	// A clock that was set back does not make the newest file the first to go.
	name, err := s.save("cpu", began.Add(-time.Hour), []byte("back"))
	if got := s.newest("cpu"); err != nil || got[0] != name || len(got) != 3 {
		t.Errorf("after the clock was set back: %q, %v, saved %s", got, err, name)
	}
}

// TestAtomic: a file that cannot be written leaves nothing, and what a watcher that
// was killed left is removed, but not what another is writing now.
func TestAtomic(t *testing.T) {
	dir := t.TempDir()
	old, young := filepath.Join(dir, ".hotvet-watch-1.partial"), filepath.Join(dir, ".hotvet-watch-2.partial")
	write(t, old, "half")
	write(t, young, "half")
	foreign := filepath.Join(dir, ".hotvet-watch-notes.partial")
	write(t, foreign, "mine")
	past := time.Now().Add(-2 * abandoned)
	for _, name := range []string{old, foreign} {
		if err := os.Chtimes(name, past, past); err != nil {
			t.Fatal(err)
		}
	}
	s, err := openStore(dir, url.URL{Scheme: "http", Host: "a", Path: "/"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != 2 || names[0] != filepath.Base(young) || names[1] != filepath.Base(foreign) {
		t.Errorf("files %q", names)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	// A folder in the way of the name: rename(2) fails.
	if err := os.MkdirAll(filepath.Join(dir, "x", "full"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := s.write("x", []byte("data")); err == nil {
		t.Error("no error")
	}
	if names := list(t, dir); len(names) != 2 {
		t.Errorf("files %q", names)
	}
}

// TestStored: a watcher goes on from the store, past what is damaged, and says so; a
// store that is gone is an error of the round.
func TestStored(t *testing.T) {
	f := serve(t)
	f.health(5, 100, began)
	c := config(f.URL)
	c.Store = filepath.Join(t.TempDir(), "made", "for", "it")
	w := watcher(t, c)
	first := round(t, w)
	if len(first.Profiles) != 3 || first.Profiles[0].File == "" {
		t.Fatalf("%+v", first.Profiles)
	}
	service := w.store.service
	for _, name := range []string{"cpu-" + service + "-29990101T000000.000000000Z.pb.gz", "health-" + service + "-29990101T000000.000000000Z.json"} {
		write(t, filepath.Join(c.Store, name), "damaged")
	}
	f.health(6, 100, began)
	w = watcher(t, c)
	r := round(t, w)
	if len(r.Diffs) != 3 || len(r.Notes) != 2 || r.Restart != "the pid was 5 and is 6" {
		t.Errorf("%d diffs, notes %q, restart %q", len(r.Diffs), r.Notes, r.Restart)
	}
	if err := os.RemoveAll(c.Store); err != nil {
		t.Fatal(err)
	}
	if r := round(t, w); len(r.Errors) != 4 || !strings.Contains(r.Errors[0], "cannot keep the cpu profile") {
		t.Errorf("errors %q", r.Errors)
	}
}
