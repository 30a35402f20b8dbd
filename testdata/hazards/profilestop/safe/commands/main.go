// Commands has two commands, one that profiles and one that executes itself
// again; no process does both.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/commands/cli"
)

type recorder struct {
	quit, done chan struct{}
}

func (r *recorder) record(f *os.File) {
	defer close(r.done)
	if err := pprof.StartCPUProfile(f); err != nil {
		return
	}
	<-r.quit
	pprof.StopCPUProfile()
	f.Close()
}

func test(dir string) error {
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return err
	}
	r := &recorder{make(chan struct{}), make(chan struct{})}
	go r.record(f)
	observe.Burn(50 * time.Millisecond)
	close(r.quit)
	<-r.done
	return nil
}

func replay(string) error {
	return syscall.Exec(os.Args[0], append(os.Args, "-again"), os.Environ())
}

func main() {
	dir := observe.Begin(observe.Profile)
	var app cli.App
	app.Add(cli.Command{Name: "test", Run: test})
	app.Add(cli.Command{Name: "replay", Run: replay})
	name := "test"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if err := app.Execute(name, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
