package main

import "C"

//export onDevice
func onDevice(count C.int) { devices.Add(int32(count)) }
