// Recorder keeps its profile in an object of another package, and handles the
// restart in a goroutine of its own by a method value.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/recorder/record"
)

type service struct {
	recorder *record.Recorder
	done     chan struct{}
}

// handle waits for the signals of the operator.
func (s *service) handle() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	observe.Ready("")
	for sig := range signals {
		switch sig {
		case syscall.SIGUSR2:
			s.replace()
		case syscall.SIGTERM:
			close(s.done)
			return
		}
	}
}

func (s *service) replace() {
	s.recorder.Stop()
	if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err != nil {
		log.Print(err)
	}
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	s := &service{recorder: record.New(dir), done: make(chan struct{})}
	if err := s.recorder.Start(); err != nil {
		log.Fatal(err)
	}
	defer s.recorder.Stop()
	signalLoop := s.handle
	go signalLoop()
	observe.Burn(50 * time.Millisecond)
	<-s.done
}
