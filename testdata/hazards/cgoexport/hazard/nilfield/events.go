package main

import "C"

// hooks are what the bus tells.
var hooks struct {
	event func(event int)
}

func subscribe(f func(event int)) { hooks.event = f }

//export onEvent
func onEvent(event C.int) {
	hooks.event(int(event)) // want "nil function is called when C enters before it is set"
}
