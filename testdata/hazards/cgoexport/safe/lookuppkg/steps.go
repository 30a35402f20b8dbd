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
	t, ok := registry.Restore(uintptr(key)).(*task)
	if !ok {
		return
	}
	t.steps++
	fmt.Println("step", step)
}
