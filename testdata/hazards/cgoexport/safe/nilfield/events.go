package main

import "C"

// hooks are what the bus tells.
var hooks struct {
	event func(event int)
}

func subscribe(f func(event int)) { hooks.event = f }

//export onEvent
func onEvent(event C.int) {
	if f := hooks.event; f != nil {
		f(int(event)) // safe: cgoexport/state
	}
}
