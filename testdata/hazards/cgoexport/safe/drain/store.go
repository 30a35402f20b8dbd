package main

import "C"

import (
	"os"
	"path/filepath"
	"sync"
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

// gate lets the upgrade wait for the samples that are being stored.
var (
	closing  atomic.Bool
	inFlight sync.WaitGroup
)

// enter reports whether a sample may still be stored; leave must follow.
func enter() bool {
	if closing.Load() {
		return false
	}
	inFlight.Add(1)
	if closing.Load() {
		inFlight.Done()
		return false
	}
	return true
}

// shut turns samples away and waits for those inside.
func shut() {
	closing.Store(true)
	inFlight.Wait()
}

//export onSample
func onSample(value C.int) {
	if !enter() {
		return
	}
	defer inFlight.Done()
	store(int(value))
}
