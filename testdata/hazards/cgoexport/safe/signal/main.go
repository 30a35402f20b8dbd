// Command watch counts the reloads that are asked for by SIGUSR1.
package main

/*
#include "watch.h"
*/
import "C"

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
)

var reloads atomic.Int32

func main() {
	C.watch_start()
	for range 5 {
		syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Println("kept: reloads", reloads.Load())
}
