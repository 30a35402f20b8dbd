package main

/*
#include <stdint.h>
*/
import "C"

import "runtime/cgo"

//export onTimer
func onTimer(handle C.uintptr_t) {
	j := cgo.Handle(handle).Value().(*job)
	j.runs++
}
