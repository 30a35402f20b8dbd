//go:build linux && cgo

package cgostate

// The functions of cstack_linux.c are called through the addresses that cgo takes
// here; -ldl is for C libraries that keep dladdr(3) apart.

/*
#cgo LDFLAGS: -ldl
#include "cstack_linux.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

var register = sync.OnceValue(func() (err error) {
	if C.hotvet_cgostate_ready() == 0 {
		return errors.New("backtrace(3) finds no frame: the C library lacks it, or libgcc_s.so.1 is not installed")
	}
	// SetCgoTraceback has no result: that another package was first is
	// told by a panic.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("another package has registered functions with runtime.SetCgoTraceback: %v", cause)
		}
	}()
	runtime.SetCgoTraceback(0, unsafe.Pointer(C.hotvet_cgostate_traceback), unsafe.Pointer(C.hotvet_cgostate_context), nil)
	return nil
})

// Track records from now on the C frames of each callback from C into Go, for
// Here and InFlight. Call it early in main: the runtime, too, recommends to register
// before there are threads, and a callback that has begun is not recorded. It gives
// an error if the C library has no backtrace(3), or if another package has
// registered with runtime.SetCgoTraceback.
func Track() error {
	if err := register(); err != nil {
		return fmt.Errorf("callbacks cannot be tracked: %w", err)
	}
	atomic.StoreInt32((*int32)(unsafe.Pointer(&C.hotvet_cgostate_tracking)), 1)
	return nil
}

// Untrack stops recording. Callbacks that were recorded stay so until they
// return.
func Untrack() {
	atomic.StoreInt32((*int32)(unsafe.Pointer(&C.hotvet_cgostate_tracking)), 0)
}

// ask lets the traceback function answer while take runs.
func ask(take func()) {
	asking := (*int32)(unsafe.Pointer(&C.hotvet_cgostate_asking))
	atomic.AddInt32(asking, 1)
	defer atomic.AddInt32(asking, -1)
	take()
}

// symbolOf is the name that dladdr(3) has for the address, or empty.
func symbolOf(address uint64) string {
	var name [1024]byte
	size := C.hotvet_cgostate_name(C.uintptr_t(address), (*C.char)(unsafe.Pointer(&name[0])), C.size_t(len(name)))
	return string(name[:size])
}

// inLibc says whether the address is in the object that starts threads of C.
func inLibc(address uint64) bool {
	return C.hotvet_cgostate_in_libc(C.uintptr_t(address)) != 0
}
