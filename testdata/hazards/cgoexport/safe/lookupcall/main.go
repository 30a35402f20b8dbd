// Command engine runs tasks in C, which reports their steps.
package main

/*
#include "engine.h"
*/
import "C"

import (
	"fmt"

	"hazards.test/cgoexport/safe/lookupcall/registry"
)

func main() {
	if run(new(task)) && run(new(task)) {
		fmt.Println("kept: all steps were counted")
	}
}

// run reports whether the steps of a task went through. Its entry in the
// registry lives as long as the call of C.
func run(t *task) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("run:", r)
		}
	}()
	key := registry.Save(t)
	defer registry.Release(key)
	C.engine_run(C.uintptr_t(key), 2)
	return t.steps == 2
}
