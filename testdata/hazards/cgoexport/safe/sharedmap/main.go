// Command resolver answers lookups of C threads from a table that is reloaded.
package main

/*
#include "resolver.h"
*/
import "C"

import (
	"fmt"
	"time"
)

func main() {
	load(0)
	C.resolver_start(4)
	end := time.Now().Add(time.Second)
	for generation := 1; time.Now().Before(end); generation++ {
		load(generation)
	}
	fmt.Println("kept: answered", C.resolver_stop() > 0)
}
