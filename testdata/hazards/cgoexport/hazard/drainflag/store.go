package main

import "C"

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

var started, finished *os.File

func openStore(dir string) (err error) {
	if started, err = os.Create(filepath.Join(dir, "started")); err != nil {
		return err
	}
	finished, err = os.Create(filepath.Join(dir, "finished"))
	return err
}

// store takes as long as a write to a busy disk.
func store(value int) {
	started.Write([]byte{byte(value)})
	time.Sleep(20 * time.Millisecond)
	finished.Write([]byte{byte(value)})
}

// closing turns samples away once the upgrade has begun.
var closing atomic.Bool

//export onSample
func onSample(value C.int) { // want "C thread is cut inside the callback when the process is replaced"
	if closing.Load() {
		return
	}
	store(int(value))
}
