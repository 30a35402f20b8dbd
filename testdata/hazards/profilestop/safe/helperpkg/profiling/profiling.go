// Package profiling writes the CPU profile of the process to a file.
package profiling

import (
	"os"
	"runtime/pprof"
)

var file *os.File

// Enable starts the profile.
func Enable(path string) error {
	var err error
	if file, err = os.Create(path); err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		file.Close()
		return err
	}
	return nil
}

// Disable ends the profile, if one was started.
func Disable() {
	if file == nil {
		return
	}
	pprof.StopCPUProfile()
	file.Close()
	file = nil
}
