// Command meter asks C whether a reading exceeds the limit.
package main

/*
#include "meter.h"
*/
import "C"

import "fmt"

func main() {
	if C.meter_exceeds(-5) != 0 {
		fmt.Println("lost: a negative reading exceeds the limit in C")
		return
	}
	fmt.Println("kept: C reads the number that Go returned")
}
