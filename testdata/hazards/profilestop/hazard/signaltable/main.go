// Signaltable looks up in a table what to do on a signal.
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

// action is one row of the table.
type action struct {
	sig  os.Signal
	name string
	run  func() error
}

type server struct {
	actions []action
}

func newServer() *server {
	s := &server{}
	s.actions = append(s.actions,
		action{syscall.SIGHUP, "reopen the log", func() error { return nil }},
		action{sig: syscall.SIGUSR2, name: "restart", run: s.restart},
	)
	return s
}

func (s *server) restart() error {
	return syscall.Exec(os.Args[0], os.Args, os.Environ())
}

// dispatch never returns.
func (s *server) dispatch(signals <-chan os.Signal) {
	for sig := range signals {
		for _, a := range s.actions {
			if a.sig != sig {
				continue
			}
			if err := a.run(); err != nil {
				log.Printf("%s: %v", a.name, err)
			}
		}
	}
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGHUP, syscall.SIGUSR2)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil { // want `cpu profile is lost and its timer`
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR2)
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	newServer().dispatch(signals)
}
