package main

import (
	"os"
	"path/filepath"
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
