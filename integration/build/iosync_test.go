package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// maskedRace is a server's reload reduced to its order: the reader waits until the
// file that the writer makes after the swap is there, so that the two accesses are
// ordered by files alone, whatever the scheduler does.
const maskedRace = `
-- go.mod --
module example.test/masked

go 1.26
-- plain/main.go --
package main

import (
	"os"
	"time"
)

var limit *int

func main() {
	marker := os.Args[1]
	go func() {
		data, _ := os.ReadFile(os.Args[0])
		n := len(data)
		limit = &n
		os.WriteFile(marker, []byte("x"), 0o600)
	}()
	for data, _ := os.ReadFile(marker); len(data) == 0; data, _ = os.ReadFile(marker) {
		time.Sleep(time.Millisecond)
	}
	println(*limit > 0)
}
-- atomic/main.go --
package main

import (
	"os"
	"sync/atomic"
	"time"
)

var limit atomic.Pointer[int]

func main() {
	marker := os.Args[1]
	go func() {
		data, _ := os.ReadFile(os.Args[0])
		n := len(data)
		limit.Store(&n)
		os.WriteFile(marker, []byte("x"), 0o600)
	}()
	for data, _ := os.ReadFile(marker); len(data) == 0; data, _ = os.ReadFile(marker) {
		time.Sleep(time.Millisecond)
	}
	println(*limit.Load() > 0)
}
`

// needs skips t, with the reason, where programs cannot be built in mode.
func needs(t *testing.T, b *Builder, mode Mode) {
	t.Helper()
	reason, err := b.Supports(t.Context(), mode, nil)
	if err != nil {
		t.Fatal(err)
	}
	if reason != "" {
		t.Skip(reason)
	}
}

func TestIOSyncOverlay(t *testing.T) {
	dir := extract(t, maskedRace)
	b := NewBuilder(t.TempDir(), dir, nil)
	needs(t, b, ModeRace)
	overlay, err := IOSyncOverlay(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		pkg     string
		overlay map[string][]byte
		want    bool
	}{
		{"./plain", nil, false},
		{"./plain", overlay, true},
		{"./atomic", overlay, false},
	} {
		binary, err := b.Build(t.Context(), Spec{Package: test.pkg, Race: true, Overlay: test.overlay})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			cmd := exec.Command(binary, filepath.Join(t.TempDir(), "marker"))
			cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
			out, err := cmd.CombinedOutput()
			if !strings.Contains(string(out), "true") {
				t.Fatalf("%s did not reach its end: %v\n%s", test.pkg, err, out)
			}
			if got := strings.Contains(string(out), "DATA RACE"); got != test.want {
				t.Errorf("%s with %d files replaced: race reported: %v, want %v\n%s", test.pkg, len(test.overlay), got, test.want, out)
			}
		}
	}
}

func TestRemoveIOSync(t *testing.T) {
	file := filepath.Join(runtime.GOROOT(), "src", "syscall", "syscall_unix.go")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	src := string(data)
	out, err := removeIOSync(file, data)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(out), "ioSync") != 1 || strings.Count(string(out), "\n") != strings.Count(src, "\n") {
		t.Errorf("got\n%s", out)
	}
	const acquire = "race.Acquire(unsafe.Pointer(&ioSync))"
	for name, doctored := range map[string]string{
		"one less":         strings.Replace(src, acquire, "", 1),
		"one more":         strings.Replace(src, acquire, acquire+"; "+acquire, 1),
		"another call":     strings.Replace(src, acquire, "race.Disable()", 1),
		"swapped":          strings.Replace(src, acquire, "race.ReleaseMerge(unsafe.Pointer(&ioSync))", 1),
		"another variable": strings.ReplaceAll(src, "ioSync", "ioOrder"),
		"another function": strings.Replace(src, "func Sendfile(", "func Sendfile64(", 1),
		"a method":         strings.Replace(src, "func Sendfile(", "func (s Signal) Sendfile(", 1),
		"used elsewhere":   src + "\nfunc more() int64 { return ioSync }\n",
		"with a value":     strings.Replace(src, "var ioSync int64", "var ioSync int64 = 1", 1),
		"not Go":           src + "\n}",
		"empty":            "",
	} {
		if doctored == src {
			t.Fatalf("%s: nothing is doctored", name)
		}
		if _, err := removeIOSync(file, []byte(doctored)); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestIOSyncOverlayRefuses(t *testing.T) {
	dir := extract(t, maskedRace)
	// Another GOROOT stands for another toolchain; the go command does not look
	// into it to say where it is.
	root := filepath.Join(dir, "root")
	folder := filepath.Join(root, "src", "syscall")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "syscall_unix.go"), []byte("package syscall\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, more := range map[string][]string{
		"is not known":        {"GOOS=windows"},
		"not known":           {"GOROOT=" + root},
		"in the module cache": {"GOMODCACHE=" + filepath.Dir(runtime.GOROOT())},
	} {
		_, err := IOSyncOverlay(t.Context(), dir, append(os.Environ(), more...))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "go1.") {
			t.Errorf("%s: got %v, want %q with the version", more, err, want)
		}
	}
}

func TestSupports(t *testing.T) {
	dir := extract(t, maskedRace)
	b := NewBuilder(filepath.Join(t.TempDir(), "out"), dir, nil)
	for _, test := range []struct {
		mode Mode
		env  []string
		want string
	}{
		{ModeCgo, []string{"CGO_ENABLED=1", "CC=no-such-compiler"}, "no C compiler: no-such-compiler is not found, install gcc"},
		{ModeCgo, []string{"CC=" + filepath.Join(dir, "gcc")}, "no C compiler"},
		{ModeRace, []string{"GOOS=linux", "GOARCH=386", "CGO_ENABLED=1", "CC=sh"}, "not supported on linux/386"},
		{ModeRace, []string{"CGO_ENABLED=0", "CC=sh"}, "cgo is off"},
		{ModeASan, []string{"GOOS=plan9", "GOARCH=386", "CGO_ENABLED=1", "CC=sh"}, "not supported on plan9/386"},
	} {
		reason, err := b.Supports(t.Context(), test.mode, test.env)
		if err != nil || !strings.Contains(reason, test.want) {
			t.Errorf("%s %v: got %q and %v, want %q", test.mode, test.env, reason, err, test.want)
		}
	}
	if _, err := b.Supports(t.Context(), "msan", nil); err == nil {
		t.Error("an unknown mode is not refused")
	}
	if _, err := exec.LookPath("gcc"); err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("no gcc on linux/amd64: that all modes are possible is not tested")
	}
	for mode := range probes {
		if reason, err := b.Supports(t.Context(), mode, nil); reason != "" || err != nil {
			t.Errorf("%s: got %q and %v", mode, reason, err)
		}
	}
	if left := listing(t, b.out); left != b.out {
		t.Errorf("left behind: %s", left)
	}
}

func TestSpecSettings(t *testing.T) {
	dir := extract(t, `
-- go.mod --
module example.test/settings

go 1.26
-- main.go --
package main

import (
	"runtime"
	"unsafe"
)

var b []byte // on the heap, where checkptr knows the bounds

func main() {
	defer println(runtime.GOARCH)
	b = make([]byte, 8)
	println(len((*(*[64]int32)(unsafe.Pointer(&b[0])))[:]))
}
`)
	b := NewBuilder(t.TempDir(), dir, nil)
	checked, err := b.Build(t.Context(), Spec{Package: ".", GCFlags: []string{"all=-d=checkptr"}})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(checked).CombinedOutput(); err == nil || !strings.Contains(string(out), "checkptr: ") {
		t.Errorf("checkptr is not on: %v\n%s", err, out)
	}
	plain, err := b.Build(t.Context(), Spec{Package: "."})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(plain).CombinedOutput(); err != nil || !strings.Contains(string(out), runtime.GOARCH) {
		t.Errorf("got %v\n%s", err, out)
	}
	other, err := b.Build(t.Context(), Spec{Package: ".", Env: []string{"GOOS=linux", "GOARCH=mips"}})
	if err != nil || other == plain {
		t.Fatalf("got %s and %v", other, err)
	}
	data, err := os.ReadFile(other)
	// ELF class 1, data 2: 32 bits, big-endian.
	if err != nil || len(data) < 6 || string(data[:6]) != "\x7fELF\x01\x02" {
		t.Errorf("not a program for mips: %v", err)
	}
}

func TestBuildersShareAFolder(t *testing.T) {
	out := t.TempDir()
	for _, word := range []string{"first", "second"} {
		dir := extract(t, strings.ReplaceAll(module, "plain", word))
		binary, err := NewBuilder(out, dir, nil).Build(t.Context(), Spec{Package: "."})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if got := run(t, binary); got != word {
				t.Errorf("got %q, want %q", got, word)
			}
		}()
	}
}
