// Command engine runs tasks in C, which reports their steps.
package main

/*
#include "engine.h"
*/
import "C"

import (
	"fmt"

	"hazards.test/cgoexport/safe/lookuppkg/registry"
)

func main() {
	first, second := registry.Save(new(task)), registry.Save(new(task))
	ok := run(first)
	cancel(second) // while its steps are on their way
	if ok = run(second) && ok; !ok {
		fmt.Println("lost: a step of a cancelled task panicked")
		return
	}
	fmt.Println("kept: all steps were counted")
}

func cancel(key uintptr) { registry.Release(key) }

// run reports whether the steps of a task went through.
func run(key uintptr) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("run:", r)
		}
	}()
	C.engine_run(C.uintptr_t(key), 2)
	return true
}
