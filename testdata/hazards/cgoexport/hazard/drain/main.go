// Command drain stores samples that a thread of C delivers, and replaces itself
// with its next generation.
package main

/*
#include "sampler.h"
*/
import "C"

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	restart := make(chan os.Signal, 1)
	signal.Notify(restart, syscall.SIGUSR2)
	if dir := os.Getenv("SAMPLES"); dir != "" {
		account(dir)
	}
	dir, err := os.MkdirTemp("", "drain")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := openStore(dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	C.sampler_start()
	fmt.Println("sampling")
	<-restart
	upgrade(dir)
}

// upgrade runs the next generation in the place of this one.
func upgrade(dir string) {
	os.Setenv("SAMPLES", dir)
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, os.Environ())
	}
	fmt.Println("upgrade:", err)
}

// account tells what the generation before has left unfinished.
func account(dir string) {
	defer os.RemoveAll(dir)
	started, err := os.Stat(filepath.Join(dir, "started"))
	if err != nil {
		fmt.Println(err)
		return
	}
	finished, err := os.Stat(filepath.Join(dir, "finished"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if n := started.Size() - finished.Size(); n > 0 {
		fmt.Printf("lost: %d of %d samples cut while they were stored\n", n, started.Size())
		return
	}
	fmt.Printf("kept: all %d samples stored\n", started.Size())
}
