//hotvet:experiment hang

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

// The devices are known before main begins.
func init() {
	C.probe_start()
	C.probe_wait() // want "init waits for a C thread that calls an export and hangs"
}

func main() {
	fmt.Println("kept: devices", devices.Load())
}
