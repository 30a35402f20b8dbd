//go:build linux && cgo

package main

/*
#cgo CFLAGS: -D_GNU_SOURCE
#cgo LDFLAGS: -ldl -lpthread
#include <stdlib.h>
#include "calls.h"
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
	"unsafe"

	"github.com/hotvet/hotvet/integration/cgostate"
)

// cgotestCallback is what C calls; it goes back into C until depth is 1.
//
//export cgotestCallback
func cgotestCallback(depth C.int) C.int {
	started.Add(1)
	defer finished.Add(1)
	if depth > 1 {
		return again(depth - 1)
	}
	//hotvet:ignore cgoexport/panic panics cross the frames of C on purpose, to see the records that they leave
	innermost()
	return 0
}

//go:noinline
func again(depth C.int) C.int { return C.cgotest_enter(depth) }

//go:noinline
func enter(depth int) { C.cgotest_enter(C.int(depth)) }

func onThreads(n int) {
	if got := int(C.cgotest_on_threads(C.int(n))); got != n {
		note(fmt.Errorf("%d threads of %d", got, n))
	}
}

func throughLibrary(path string) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if got := int(C.cgotest_through_library(name, 2)); got < 0 {
		note(fmt.Errorf("library %s: step %d failed", path, -got))
	}
}

func waitInC(fd int) { C.cgotest_wait(C.int(fd)) }

// plainBacktrace is backtrace(3) as anyone would call it from a callback.
func plainBacktrace() {
	var pcs [64]unsafe.Pointer
	for _, pc := range pcs[:C.cgotest_plain_backtrace(&pcs[0], 64)] {
		name := "c"
		if function := runtime.FuncForPC(uintptr(pc) - 1); function != nil {
			name = function.Name()
		}
		output.Plain = append(output.Plain, name)
	}
}

// panics lets n panics cross the C frames of a callback.
func panics(n int) {
	innermost = func() { panic("across C") }
	for range n {
		func() {
			defer func() { _ = recover() }()
			enter(1)
		}()
	}
	innermost = takeStack
	enter(2)
}

// cost measures a callback with and without recording, and one stack.
func cost() {
	innermost = func() {}
	output.Nanos = map[string]float64{"never tracked": perCall(func() { enter(1) })}
	track()
	output.Nanos["tracked"] = perCall(func() { enter(1) })
	cgostate.Untrack()
	output.Nanos["untracked"] = perCall(func() { enter(1) })
	innermost = func() { _, err := cgostate.Here(); note(err) }
	began := time.Now()
	for range 20 {
		enter(1)
	}
	output.Nanos["here"] = float64(time.Since(began).Nanoseconds()) / 20
}

func perCall(call func()) float64 {
	const calls = 200_000
	began := time.Now()
	for range calls {
		call()
	}
	return float64(time.Since(began).Nanoseconds()) / calls
}

// taken lets another one register before Track.
func taken() {
	runtime.SetCgoTraceback(0, unsafe.Pointer(C.cgotest_other_tracer), nil, nil)
	track()
}

// profile takes a CPU profile of C on a thread that C created and on one of Go, with
// the tracking that the arguments ask for.
func profile(arguments []string) {
	if len(arguments) == 2 {
		track()
	}
	file, err := os.Create(arguments[0])
	note(err)
	note(pprof.StartCPUProfile(file))
	C.cgotest_spin(400)
	C.cgotest_spin_here(400)
	pprof.StopCPUProfile()
	note(file.Close())
}
