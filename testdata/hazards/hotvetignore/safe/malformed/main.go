// A worker whose comments speak about directives without being one: the form is
// hotvet:ignore, a name and a reason.
package main

import "fmt"

func work() int {
	// See hotvet:ignore in the manual.
	n := 1
	//hotvet:ignored is another word
	n++
	return n
}

func main() {
	fmt.Println("kept: no directive is meant", work())
}
