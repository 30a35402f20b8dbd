// Childleft is a service that restarts by a child, and goes on for a moment in
// which it does not heed what it is told. Both write a profile, and stop it.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"
)

func main() {
	profile, err := os.Create(fmt.Sprintf("cpu-%d.prof", os.Getpid()))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(profile); err != nil {
		log.Fatal(err)
	}
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if os.Getenv("INHERITED") == "" {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2, syscall.SIGTERM)
	go func() { log.Print(http.Serve(listener, http.NotFoundHandler())) }()
	if <-signals == syscall.SIGUSR2 {
		restart(listener.(*net.TCPListener))
		time.Sleep(time.Second)
	}
	pprof.StopCPUProfile()
	os.Exit(0)
}

func restart(listener *net.TCPListener) {
	file, err := listener.File()
	if err != nil {
		log.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "INHERITED=1")
	child.ExtraFiles = []*os.File{file}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		log.Fatal(err)
	}
}
