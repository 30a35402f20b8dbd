// A worker with directives that gofmt accepts and hotvet does not read.
package main

import "fmt"

func work() int {
	// hotvet:ignore profilestop there is a space before the name // want `hotvet:ignore directive is not in the form that suppresses findings`
	n := 1
	//hotvet:ignore // want `hotvet:ignore directive does not say NAME\[/kind\] reason`
	n++
	//hotvet:ignore profilestop/ the kind is missing // want `hotvet:ignore directive does not say NAME\[/kind\] reason`
	n++
	/* hotvet:ignore profilestop not a line comment */ // want `hotvet:ignore directive is not in the form that suppresses findings`
	return n
}

func main() {
	fmt.Println("lost: none of the directives is read", work())
}
