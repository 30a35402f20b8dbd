//go:build linux

package gatefacts_test

import (
	"bytes"
	"net/http"
	httppprof "net/http/pprof"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/gatefacts"
)

// probeGo sets a thread-local variable, replaces itself, and reads it, with or without
// a callback in flight that is cut. Before, it prints the stacks of all goroutines.
const probeGo = `package main

/*
#include <pthread.h>
extern void goWait(void);
static __thread int probe = 1;
static void set(void) { probe = 42; }
static int get(void) { return probe; }
static void *run(void *p) { goWait(); return 0; }
static void start(void) { pthread_t t; pthread_create(&t, 0, run, 0); }
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

var entered = make(chan bool)

//export goWait
func goWait() {
	entered <- true
	select {}
}

func main() {
	if os.Args[1] == "after" {
		fmt.Println("probe", C.get())
		return
	}
	C.set()
	if os.Args[1] == "busy" {
		C.start()
		<-entered
	}
	text := make([]byte, 1<<20)
	os.Stdout.Write(text[:runtime.Stack(text, true)])
	fmt.Println()
	fmt.Println(syscall.Exec("/proc/self/exe", []string{"svc", "after"}, os.Environ()))
}
`

// TestThreadLocalProbe shows that a thread-local variable says the same of an update
// that cuts a callback and of one that cuts nothing, and that the gate does not.
func TestThreadLocalProbe(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("gcc is needed to make the binary: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "probe")
	variant{name: "probe", source: probeGo, env: []string{"CGO_ENABLED=1"}}.build(t, dir)
	if t.Failed() {
		t.FailNow()
	}
	svc := filepath.Join(dir, "svc")
	for mode, want := range map[string]string{"idle": finding.Pass, "busy": finding.Fail} {
		out, err := exec.Command(svc, mode).Output()
		must(t, err)
		dump, probe, ok := bytes.Cut(out, []byte("\nprobe "))
		if !ok {
			t.Fatalf("%s: no probe in %s", mode, out)
		}
		if got := strings.TrimSpace(string(probe)); got != "1" {
			t.Errorf("%s: the probe says %s, want 1 as always", mode, got)
		}
		address := server(t, map[string]http.HandlerFunc{
			"/heap": httppprof.Handler("heap").ServeHTTP,
			"/goroutine": func(w http.ResponseWriter, _ *http.Request) {
				if _, err := w.Write(dump); err != nil {
					t.Error(err)
				}
			},
		})
		rows := judge(t, gatefacts.Options{Old: svc, New: svc, Pprof: address})
		wantRow(t, rows, "live/callbacks", want, "")
		if want == finding.Fail {
			wantRow(t, rows, "live/callbacks", want, "main.goWait (1)")
		}
	}
}
