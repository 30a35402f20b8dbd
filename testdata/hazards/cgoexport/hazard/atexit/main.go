// Command journal keeps lines in memory until C flushes them at its end.
package main

/*
#include "journal.h"
*/
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	if os.Getenv("GENERATION") == "2" {
		account(os.Getenv("JOURNAL"))
		return
	}
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Setenv("JOURNAL", filepath.Join(dir, "lines"))
	C.journal_open()
	record("first\nsecond\n")
	restart()
}

func restart() {
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, append(os.Environ(), "GENERATION=2"))
	}
	fmt.Println("restart:", err)
}

// account tells what the generation before has written.
func account(journal string) {
	defer os.RemoveAll(filepath.Dir(journal))
	if lines, err := os.ReadFile(journal); err != nil || len(lines) == 0 {
		fmt.Println("lost: the journal was not flushed")
		return
	}
	fmt.Println("kept: the journal is complete")
}
