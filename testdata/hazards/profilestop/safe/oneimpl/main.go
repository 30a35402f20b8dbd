// Oneimpl hides the restart behind an interface that one type implements.
package main

import (
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type restarter interface {
	Restart(args []string) error
}

// inPlace keeps the process id, which the supervisor of the service watches.
type inPlace struct{ path string }

func (p *inPlace) Restart(args []string) error {
	log.Print("restarts ", p.path)
	pprof.StopCPUProfile()
	return syscall.Exec(p.path, args, os.Environ())
}

type app struct {
	restarter restarter
	signals   chan os.Signal
}

func (a *app) loop() error {
	for sig := range a.signals {
		if sig != syscall.SIGUSR2 {
			return nil
		}
		if err := a.restarter.Restart(os.Args); err != nil {
			return err
		}
	}
	return nil
}

func run(dir string) error {
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer f.Close()
	defer pprof.StopCPUProfile()
	a := &app{restarter: &inPlace{os.Args[0]}, signals: make(chan os.Signal, 1)}
	signal.Notify(a.signals, syscall.SIGUSR2, syscall.SIGTERM)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	return a.loop()
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	if err := run(dir); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}
