// Command bus forwards the events of a bus in C to a function that is set later.
package main

/*
#include "bus.h"
*/
import "C"

import "fmt"

func main() {
	ok := publish(1) // the bus is faster than the set-up
	subscribe(func(event int) { fmt.Println("event", event) })
	if ok = publish(2) && ok; !ok {
		fmt.Println("lost: an event came before the subscriber and panicked")
		return
	}
	fmt.Println("kept: the early event did no harm")
}

// publish reports whether an event went through.
func publish(event int) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("publish:", r)
		}
	}()
	C.bus_publish(C.int(event))
	return true
}
