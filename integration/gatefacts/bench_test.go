//go:build linux

package gatefacts_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/hotvet/hotvet/integration/gatefacts"
)

var (
	benchOld = flag.String("old", "", "`binary` to measure with, instead of one built here")
	benchNew = flag.String("new", "", "`binary` that replaces it")
)

// BenchmarkRead reads the facts of two binaries as hotvet gate does, without and with
// types whose layouts are compared, beside the recipe that hashes the names which nm
// prints:
//
//	go test -run '^$' -bench Read ./integration/gatefacts -old FILE -new FILE
func BenchmarkRead(b *testing.B) {
	old, new := benchPair(b)
	read := func(types ...string) func(b *testing.B) {
		return func(b *testing.B) {
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(400 << 20)) // as the command does
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			b.ReportAllocs()
			measure(b, syscall.RUSAGE_SELF, func() error {
				f, err := gatefacts.Read(b.Context(), gatefacts.Options{Old: old, New: new, Types: types, Time: time.Now()})
				if err != nil {
					return err
				}
				if f.Old.Problem+f.New.Problem != "" {
					b.Fatal(f.Old.Problem, f.New.Problem)
				}
				for _, l := range f.Layouts {
					if l.Changes.Unknown != "" {
						b.Fatal(l.Changes.Unknown)
					}
				}
				return nil
			})
		}
	}
	b.Run("gate", read())
	b.Run("types", read("net/http.Request", "time.Location", "internal/poll.FD"))
	b.Run("recipe", func(b *testing.B) {
		if _, err := exec.LookPath("nm"); err != nil {
			b.Skip("nm is needed for the recipe")
		}
		measure(b, syscall.RUSAGE_CHILDREN, func() error {
			script := `for f; do nm -n "$f" | awk '{print $3}' | sha256sum; done`
			return exec.Command("sh", "-c", script, "sh", old, new).Run()
		})
	})
}

// benchPair returns the binaries that the flags name, or hotvet built in two ways.
func benchPair(b *testing.B) (old, new string) {
	if *benchOld != "" && *benchNew != "" {
		return *benchOld, *benchNew
	}
	dir := b.TempDir()
	build := func(name, flags string) string {
		file := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-gcflags=github.com/hotvet/hotvet/...="+flags, "-o", file, "./cmd/hotvet")
		cmd.Dir = filepath.Join("..", "..")
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("go build: %v\n%s", err, out)
		}
		return file
	}
	return build("old", ""), build("new", "-l")
}

// measure also reports the processor time, which other work on the machine changes less.
func measure(b *testing.B, who int, f func() error) {
	before := cpu(b, who)
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b, who)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// cpu returns the user and system time so far.
func cpu(b *testing.B, who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
