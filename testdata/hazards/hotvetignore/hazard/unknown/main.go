// A worker whose ignore directive is misspelled: it looks as if somebody had
// judged the exit below.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

func main() {
	f, err := os.CreateTemp("", "cpu")
	if err != nil {
		fmt.Println("lost: no profile:", err)
		return
	}
	defer os.Remove(f.Name())
	if err := pprof.StartCPUProfile(f); err != nil {
		fmt.Println("lost: no profile:", err)
		return
	}
	//hotvet:ignore profilstop the profile is stopped below // want `hotvet:ignore directive names an unknown analyzer and suppresses nothing`
	pprof.StopCPUProfile()
	fmt.Println("lost: the directive speaks to no analyzer")
}
