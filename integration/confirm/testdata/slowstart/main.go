//go:build cgo

// Slowstart is a server whose images take a while before Go begins, as those do
// that link large C libraries. It never stops its profile.
package main

/*
#include <time.h>

__attribute__((constructor)) static void burn(void) {
	clock_t end = clock() + CLOCKS_PER_SEC / 20;
	while (clock() < end)
		;
}
*/
import "C"

import (
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

func main() {
	usr2 := make(chan os.Signal, 1)
	signal.Notify(usr2, syscall.SIGUSR2)
	f, err := os.Create("cpu.pprof")
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("unix", "svc.sock")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, nil)
	<-usr2
	os.Remove("svc.sock")
	log.Fatal(syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
}
