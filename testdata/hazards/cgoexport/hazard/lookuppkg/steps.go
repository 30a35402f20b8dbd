package main

/*
#include <stdint.h>
*/
import "C"

import (
	"fmt"

	"hazards.test/cgoexport/hazard/lookuppkg/registry"
)

type task struct{ steps int }

//export onStep
func onStep(key C.uintptr_t, step C.int) {
	t := registry.Restore(uintptr(key)).(*task) // want "released entry makes the export panic in C and ends the process"
	t.steps++
	fmt.Println("step", step)
}
