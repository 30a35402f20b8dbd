// Command probe looks for devices in a thread of C.
package main

/*
#include "probe.h"
*/
import "C"

import (
	"fmt"
	"sync/atomic"
)

var devices atomic.Int32

// The search for devices begins before main does.
func init() {
	C.probe_start()
}

func main() {
	C.probe_wait()
	fmt.Println("kept: devices", devices.Load())
}
