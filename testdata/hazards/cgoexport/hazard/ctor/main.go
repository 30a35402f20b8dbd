//hotvet:experiment hang

// Command plugin lists the plugins that register themselves from C.
package main

/*
#include "plugin.h"
*/
import "C"

import "fmt"

func main() {
	fmt.Println("kept: plugins", plugins)
}
