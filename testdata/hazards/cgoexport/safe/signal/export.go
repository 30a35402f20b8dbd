package main

import "C"

//export onReload
func onReload(number C.int) {
	reloads.Add(1)
}
