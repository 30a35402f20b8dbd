package main

import "C"

var plugins []int

//export registerPlugin
func registerPlugin(id C.int) {
	plugins = append(plugins, int(id))
}
