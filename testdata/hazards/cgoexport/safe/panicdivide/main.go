// Command engine evaluates rules written in Go inside an engine written in C.
package main

/*
#include "engine.h"
*/
import "C"

import "fmt"

func main() {
	run(1, 0)
	run(2, 7)
	if C.engine_locked() != 0 {
		fmt.Println("lost: the engine is still locked by the rule that panicked")
		return
	}
	fmt.Println("kept: the engine is free for the next rule")
}

// run is a request handler: like net/http it survives what its rule does.
func run(rule, value int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("request failed:", r)
		}
	}()
	fmt.Println("result:", C.engine_run(C.int(rule), C.int(value)))
}
