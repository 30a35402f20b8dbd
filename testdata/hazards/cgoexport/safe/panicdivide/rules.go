package main

import "C"

//export onRule
func onRule(id, value C.int) C.int {
	if value == 0 {
		return 0
	}
	return id * 100 / value
}
