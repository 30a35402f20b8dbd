package main

import "C"

var subscriber func(event int)

func subscribe(f func(event int)) { subscriber = f }

//export onEvent
func onEvent(event C.int) {
	subscriber(int(event)) // want "nil function is called when C enters before it is set"
}
