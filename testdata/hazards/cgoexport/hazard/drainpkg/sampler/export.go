package sampler

import "C"

import "log"

var deliver = func(value int) {}

//export onSample
func onSample(value C.int) {
	defer func() {
		if r := recover(); r != nil {
			log.Println("sample:", r)
		}
	}()
	deliver(int(value))
}
