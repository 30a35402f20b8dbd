//go:build cgo

package main

// #include "sampler.h"
import "C"

import (
	"errors"
	"log"
	"sync"
	"sync/atomic"
)

// sampler calls observe with the machine's load, on a thread that belongs to C.
var sampler struct {
	observe func(load float64)
	stopped atomic.Bool
	calls   sync.WaitGroup // calls of goSample under way
}

// startSampler begins to sample. It is called once.
func startSampler(observe func(load float64)) error {
	sampler.observe = observe
	if C.sampler_start() != 0 {
		return errors.New("the sampler's thread does not start")
	}
	return nil
}

// stopSampler returns when no call is under way and none will come.
func stopSampler() {
	sampler.stopped.Store(true)
	sampler.calls.Wait()
}

//export goSample
func goSample(load C.double) {
	if sampler.stopped.Load() {
		return
	}
	sampler.calls.Add(1)
	defer sampler.calls.Done()
	// A panic must not unwind into C, which has no frames to stop it.
	defer func() {
		if r := recover(); r != nil {
			log.Printf("a sample is lost: %v", r)
		}
	}()
	// Asked again: stopSampler may have looked at calls before the Add.
	if sampler.stopped.Load() || sampler.observe == nil {
		return
	}
	sampler.observe(float64(load))
}
