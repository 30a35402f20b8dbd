package main

import "C"

//export onReload
func onReload(number C.int) { // want "C signal handler calls the export and crashes threads running Go"
	reloads.Add(1)
}
