package main

import "C"

import "sync"

var (
	mu     sync.Mutex
	counts map[int]int
)

// reset starts a new period.
func reset() {
	mu.Lock()
	defer mu.Unlock()
	counts = make(map[int]int) // safe: cgoexport/state related
}

//export onEvent
func onEvent(event C.int) {
	mu.Lock()
	defer mu.Unlock()
	if counts == nil {
		counts = make(map[int]int)
	}
	counts[int(event)]++
}
