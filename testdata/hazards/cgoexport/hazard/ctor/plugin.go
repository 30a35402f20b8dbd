package main

import "C"

var plugins []int

//export registerPlugin
func registerPlugin(id C.int) { // want "C constructor calls the export before Go runs and hangs"
	plugins = append(plugins, int(id))
}
