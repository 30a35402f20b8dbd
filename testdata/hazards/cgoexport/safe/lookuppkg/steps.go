package main

/*
#include <stdint.h>
*/
import "C"

import (
	"fmt"

	"hazards.test/cgoexport/safe/lookuppkg/registry"
)

type task struct{ steps int }

//export onStep
func onStep(key C.uintptr_t, step C.int) {
	v := registry.Restore(uintptr(key))
	if v == nil {
		return
	}
	t := v.(*task) // safe: cgoexport/state
	t.steps++
	fmt.Println("step", step)
}
