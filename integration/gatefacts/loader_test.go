//go:build linux

package gatefacts

import (
	"encoding/binary"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// link compiles a text with gcc.
func link(t *testing.T, out, text string, args ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gcc", append([]string{"-o", out, "-x", "c", "-", "-x", "none", "-Wl,--no-as-needed,--unresolved-symbols=ignore-all"}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
}

// TestSearch makes programs that need a library from each place where ld.so looks, and
// holds that what is found starts, and what is not found does not.
func TestSearch(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("gcc is needed to make the binaries: %v", err)
	}
	root := t.TempDir()
	in := func(name string) string { return filepath.Join(root, name) }
	link(t, in("lib/libhv.so"), "int hv(void) { return 0; }", "-shared", "-fPIC")
	link(t, in("empty/libhv.so"), "int other(void) { return 0; }", "-shared", "-fPIC")
	link(t, in("inner/libinner.so"), "int inner(void) { return 0; }", "-shared", "-fPIC")
	link(t, in("outer/libhv.so"), "int inner(void); int hv(void) { return inner(); }", "-shared", "-fPIC", "-L"+in("inner"), "-linner")
	text := in("text/libhv.so")
	if err := os.MkdirAll(in("text"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("no library"), 0o666); err != nil {
		t.Fatal(err)
	}
	runpath, rpath := "-Wl,--enable-new-dtags,-rpath,", "-Wl,--disable-new-dtags,-rpath,"
	for _, test := range []struct {
		name, flag, env string
		want            string // part of the problem; empty: it starts
	}{
		{"nowhere", "", "", "libhv.so, needed by nowhere: not found"},
		{"runpath", runpath + in("lib"), "", ""},
		{"rpath", rpath + in("lib"), "", ""},
		{"origin", runpath + "$ORIGIN/lib", "", ""},
		{"environment", "", "/nosuch:" + in("lib"), ""},
		{"environment-before-runpath", runpath + in("lib"), in("empty"), "no library defines hv"},
		{"rpath-before-environment", rpath + in("lib"), in("empty"), ""},
		{"rpath-for-others", rpath + in("outer") + ":" + in("inner"), "", ""},
		{"runpath-not-for-others", runpath + in("outer") + ":" + in("inner"), "", "libinner.so, needed by libhv.so: not found"},
		{"no-musl", runpath + in("lib") + ",--dynamic-linker,/lib/ld-musl-nosuch.so.1", "", "its loader /lib/ld-musl-nosuch.so.1 is not on this host"},
		{"no-library", runpath + in("text"), "", "text/libhv.so: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			program, args := in(test.name), []string{"-L" + in("lib"), "-lhv"}
			if test.flag != "" {
				args = append(args, test.flag)
			}
			link(t, program, "int hv(void); int main(void) { return hv(); }", args...)
			env := []string{"LD_LIBRARY_PATH=" + test.env}
			got := libraries(program, env)
			problems := strings.Join(got.Value.Problems, "; ")
			if got.Unknown != "" || (problems == "") != (test.want == "") || !strings.Contains(problems, test.want) {
				t.Errorf("problems %q (%s), want %q", problems, got.Unknown, test.want)
			}
			cmd := exec.Command(program)
			cmd.Env = env
			if err := cmd.Run(); (err == nil) != (test.want == "") {
				t.Errorf("the loader of this host says %v, want %q", err, test.want)
			}
		})
	}
}

// cache makes a file as ldconfig does.
func cache(entries map[string]string) []byte {
	order := binary.NativeEndian
	names := slices.Sorted(maps.Keys(entries))
	data := append([]byte("glibc-ld.so.cache1.1"), make([]byte, 28)...)
	order.PutUint32(data[20:], uint32(len(names)))
	at := uint32(len(data) + 24*len(names))
	var text []byte
	add := func(s string) uint32 {
		text = append(append(text, s...), 0)
		return at + uint32(len(text)-len(s)-1)
	}
	for _, name := range names {
		var entry [24]byte
		order.PutUint32(entry[4:], add(name))
		order.PutUint32(entry[8:], add(entries[name]))
		data = append(data, entry[:]...)
	}
	return append(data, text...)
}

func TestCache(t *testing.T) {
	data := cache(map[string]string{"liba.so.1": "/lib/liba.so.1", "libb.so": "/opt/libb.so"})
	want := map[string][]string{"liba.so.1": {"/lib/liba.so.1"}, "libb.so": {"/opt/libb.so"}}
	for _, before := range []string{"", "ld.so-1.7.0\x00\x00\x00\x00\x00"} {
		if got, err := parseCache(append([]byte(before), data...)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, error %v", got, err)
		}
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "old": []byte("ld.so-1.7.0"), "cut": data[:30], "cut names": data[:len(data)-3],
		"count": func() []byte { b := slices.Clone(data); binary.NativeEndian.PutUint32(b[20:], 1<<31); return b }(),
		"name":  func() []byte { b := slices.Clone(data); binary.NativeEndian.PutUint32(b[52:], 1<<31); return b }(),
	} {
		if got, err := parseCache(bad); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzCache(f *testing.F) {
	f.Add(cache(map[string]string{"liba.so.1": "/lib/liba.so.1"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseCache(data)
		if err == nil && len(list) > len(data) {
			t.Errorf("%d names from %d bytes", len(list), len(data))
		}
	})
}

func FuzzHealth(f *testing.F) {
	f.Add([]byte(`{"score":97,"time":"2026-06-15T12:00:00Z","pid":1,"build_id":"a","parts":[{"name":"gc","score":97,"reason":"r"}]}`))
	f.Add([]byte(`{"score":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := parseHealth(data); err == nil && h.Parts == "" {
			t.Errorf("health %+v", h)
		}
	})
}
