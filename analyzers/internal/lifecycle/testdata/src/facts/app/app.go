// Package app has facts that come from those of other packages.
package app

import (
	"os"

	"facts/profiling"
	"facts/upgrade"
)

func Run(f *os.File) error { // want Run:"lifecycle: stops cpuprofile, replaces, replaces without stopping trace, replaces without stopping http"
	s := profiling.Open(f)
	s.Close()
	return upgrade.Replace()
}

func Wrapped() (stop func()) { // want Wrapped:"lifecycle: leaves cpuprofile, hands cpuprofile"
	return profiling.Begin(os.Stdout)
}

func StopWrapped() { // want StopWrapped:"lifecycle: stops cpuprofile"
	stop := Wrapped()
	stop()
}

func Recursive(n int) { // want Recursive:"lifecycle: stops cpuprofile"
	if n == 0 {
		profiling.Stop()
		return
	}
	mutual(n - 1)
}

func mutual(n int) { Recursive(n) } // want mutual:"lifecycle: stops cpuprofile"
