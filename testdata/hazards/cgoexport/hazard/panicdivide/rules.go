package main

import "C"

//export onRule
func onRule(id, value C.int) C.int {
	return id * 100 / value // want "value from C is used unchecked and a panic ends the process"
}
