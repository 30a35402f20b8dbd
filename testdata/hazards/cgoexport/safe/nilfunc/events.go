package main

import "C"

var subscriber func(event int)

func subscribe(f func(event int)) { subscriber = f }

//export onEvent
func onEvent(event C.int) {
	if subscriber != nil {
		subscriber(int(event))
	}
}
