// A worker whose ignore directive names an analyzer. Whether it has an effect is
// for that analyzer to say.
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
	//hotvet:ignore profilestop/exec the profile is stopped below
	pprof.StopCPUProfile()
	fmt.Println("kept: the directive speaks to profilestop")
}
