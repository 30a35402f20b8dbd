// Command timer runs jobs when a timer of C fires.
package main

/*
#include "timer.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
)

// A job counts how often it ran.
type job struct {
	handle cgo.Handle
	runs   int
}

func start() *job {
	j := new(job)
	j.handle = cgo.NewHandle(j)
	C.timer_add(C.uintptr_t(j.handle))
	return j
}

// stop ends a job.
func (j *job) stop() {
	j.handle.Delete()
}

func main() {
	first, second := start(), start()
	fire()
	first.stop()
	ok := fire()
	fmt.Println("runs:", first.runs, second.runs)
	if !ok {
		fmt.Println("lost: the timer fired for a stopped job and panicked")
		return
	}
	fmt.Println("kept: the stopped job is silent")
}

func fire() (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("fire:", r)
		}
	}()
	C.timer_fire()
	return true
}
