package main

import "C"

//export onReading
func onReading(channel C.long) int32 { // want "result has another size than the one that C declares"
	return int32(channel)
}
