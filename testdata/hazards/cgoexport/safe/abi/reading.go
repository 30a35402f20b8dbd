package main

import "C"

//export onReading
func onReading(channel C.long) C.long {
	return C.long(channel)
}
