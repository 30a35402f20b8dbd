// Pprofpkg mounts its profile handlers in one package and replaces itself in
// another.
package main

import (
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/pprofpkg/debug"
)

func main() {
	observe.Begin(observe.Requests, syscall.SIGHUP)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := debug.New()
	go server.Run(listener)
	observe.Ready(listener.Addr().String())
	for range hangup {
		if err := server.Drain(); err != nil {
			log.Print(err)
			continue
		}
		log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
	}
}
