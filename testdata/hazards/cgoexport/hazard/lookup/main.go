// Command bus hands the events of a bus in C to the session they belong to.
package main

/*
#include "bus.h"
*/
import "C"

import "fmt"

func main() {
	open(1, &session{name: "first"})
	open(2, &session{name: "second"})
	ok := publish(1)
	release(2) // while an event for it is on its way
	if ok = publish(2) && ok; !ok {
		fmt.Println("lost: an event for a closed session panicked")
		return
	}
	fmt.Println("kept: the late event did no harm")
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
