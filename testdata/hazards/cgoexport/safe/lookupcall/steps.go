package main

/*
#include <stdint.h>
*/
import "C"

import (
	"fmt"

	"hazards.test/cgoexport/safe/lookupcall/registry"
)

type task struct{ steps int }

//export onStep
func onStep(key C.uintptr_t, step C.int) {
	t := registry.Restore(uintptr(key)).(*task)
	t.steps++
	fmt.Println("step", step)
}
