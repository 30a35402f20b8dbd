// Pprofpkg mounts its profile handlers in one package and replaces itself in
// another.
package main

import (
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"hazards.test/profilestop/hazard/pprofpkg/debug"
	"hazards.test/profilestop/internal/observe"
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
		log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ())) // want `profile requests in flight are cut when the process is replaced`
	}
}
