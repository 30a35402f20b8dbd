// Generate writes the part of the nogo program that names the analyzers. It is
// the generator of rules_go, whose sources are laid over this folder.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := genNogoMain(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
