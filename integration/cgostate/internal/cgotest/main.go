//go:build linux && cgo

// Command cgotest is the program that the tests of cgostate build and run: Go that
// calls C that calls Go, in every arrangement. It prints one JSON object.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotvet/hotvet/integration/cgostate"
)

// result is what the program prints; the tests read it by the same names.
type result struct {
	Stacks   []cgostate.Stack
	Report   cgostate.Report
	Text     string
	Plain    []string
	InFlight int64
	Started  int64
	Finished int64
	Nanos    map[string]float64
	Error    string
}

// The counters that the program keeps by itself, to compare with.
var started, finished atomic.Int64

var (
	mu     sync.Mutex
	output result
	// innermost is what the innermost callback of an arrangement does.
	innermost func()
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "cgotest: usage: cgotest ARRANGEMENT [ARGUMENT]")
		os.Exit(2)
	}
	innermost = takeStack
	arrangement := arrangements[os.Args[1]]
	if arrangement == nil {
		fmt.Fprintf(os.Stderr, "cgotest: no arrangement %q\n", os.Args[1])
		os.Exit(2)
	}
	arrangement(os.Args[2:])
	mu.Lock()
	defer mu.Unlock()
	output.Started, output.Finished = started.Load(), finished.Load()
	if err := json.NewEncoder(os.Stdout).Encode(output); err != nil {
		fmt.Fprintf(os.Stderr, "cgotest: %v\n", err)
		os.Exit(1)
	}
}

var arrangements = map[string]func(arguments []string){
	"nest":      func(arguments []string) { track(); enter(number(arguments)) },
	"untracked": func(arguments []string) { enter(number(arguments)) },
	"plain":     func(arguments []string) { innermost = plainBacktrace; enter(number(arguments)) },
	"threads":   func(arguments []string) { track(); onThreads(number(arguments)) },
	"library":   func(arguments []string) { track(); throughLibrary(arguments[0]) },
	"unlinked":  func(arguments []string) { track(); innermost = unlink(arguments); throughLibrary(arguments[0]) },
	"parked":    func([]string) { track(); parked() },
	"dark":      func([]string) { parked() },
	"panics":    func(arguments []string) { track(); panics(number(arguments)) },
	"cost":      func([]string) { cost() },
	"idle":      func([]string) { idle() },
	"taken":     func([]string) { taken() },
	"noborder":  func([]string) { track(); takeStack() },
	"profile":   func(arguments []string) { profile(arguments) },
}

func number(arguments []string) int {
	n, err := strconv.Atoi(arguments[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "cgotest: %v\n", err)
		os.Exit(2)
	}
	return n
}

func track() { note(cgostate.Track()) }

// note keeps the first error for the test.
func note(err error) {
	mu.Lock()
	defer mu.Unlock()
	if err != nil && output.Error == "" {
		output.Error = err.Error()
	}
}

func takeStack() {
	stack, err := cgostate.Here()
	note(err)
	mu.Lock()
	defer mu.Unlock()
	output.Stacks = append(output.Stacks, stack)
}

// unlink removes the files and takes a stack.
func unlink(paths []string) func() {
	return func() {
		for _, path := range paths {
			note(os.Remove(path))
		}
		takeStack()
	}
}

// parked brings callbacks to a halt in every kind of place, takes the report and the
// plain text of the same moment, and lets them go.
func parked() {
	const callbacks = 1 + 1 + 3
	release := make(chan struct{})
	arrived := make(chan struct{}, callbacks)
	innermost = func() { arrived <- struct{}{}; <-release }
	var all sync.WaitGroup
	all.Go(func() { enter(2) })
	all.Go(func() { enter(1) })
	all.Go(func() { onThreads(3) })
	all.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		arrived <- struct{}{}
		<-release
	})
	reader, writer, err := os.Pipe()
	note(err)
	all.Go(func() { waitInC(int(reader.Fd())) })
	for range callbacks + 1 {
		<-arrived
	}
	waitUntilInC()
	report, err := cgostate.InFlight()
	note(err)
	inFlight := started.Load() - finished.Load()
	buffer := make([]byte, 1<<20)
	text := string(buffer[:runtime.Stack(buffer, true)])
	mu.Lock()
	output.Report, output.Text, output.InFlight = report, text, inFlight
	mu.Unlock()
	close(release)
	note(writer.Close())
	all.Wait()
}

// waitUntilInC returns when the goroutine that waits in C is there.
func waitUntilInC() {
	for {
		report, err := cgostate.InFlight()
		note(err)
		for _, goroutine := range report.Goroutines {
			if goroutine.CFunction == "main._Cfunc_cgotest_wait" {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// idle says what registering changes: goroutines and caught signals.
func idle() {
	for range 2 {
		status, err := os.ReadFile("/proc/self/status")
		note(err)
		_, caught, _ := strings.Cut(string(status), "SigCgt:")
		caught, _, _ = strings.Cut(caught, "\n")
		output.Plain = append(output.Plain, fmt.Sprintf("%d goroutine, signals caught %s", runtime.NumGoroutine(), strings.TrimSpace(caught)))
		track()
	}
}
