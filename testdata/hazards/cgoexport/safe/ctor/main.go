// Command plugin lists the plugins that register themselves from C.
package main

/*
#include "plugin.h"
*/
import "C"

import "fmt"

func main() {
	C.plugin_init()
	fmt.Println("kept: plugins", plugins)
}
