// Package sampler delivers samples that a thread of C takes.
package sampler

/*
#include "sampler.h"
*/
import "C"

// Start begins to take samples; store gets each of them.
func Start(store func(value int)) {
	deliver = store
	C.sampler_start()
}

// Stop returns when the last sample has been delivered.
func Stop() { C.sampler_stop() }
