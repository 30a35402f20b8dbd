//go:build !cgo

package main

import "log"

// startSampler says what a build without a C compiler leaves out.
func startSampler(func(load float64)) error {
	log.Print("built without cgo: the load is not sampled, and the C callback is left out")
	return nil
}

func stopSampler() {}
