// Monitor is two processes of one program: a monitor that executes itself again,
// and a server that it watches. Only the server serves profiles.
package main

import (
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func serve() {
	srv := &http.Server{ReadHeaderTimeout: time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		if err := srv.Serve(listener); err != nil {
			log.Print(err)
		}
	}()
	observe.Ready(listener.Addr().String())
	time.Sleep(2 * time.Second)
}

func monitor() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	server := exec.Command(os.Args[0], "serve")
	server.Env = append(os.Environ(), "MONITORED=1")
	if err := server.Start(); err != nil {
		log.Print(err)
		return
	}
	<-signals
	if err := server.Wait(); err != nil {
		log.Print(err)
	}
	log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
}

func main() {
	if os.Getenv("MONITORED") != "" {
		serve()
		return
	}
	observe.Begin(observe.Requests, syscall.SIGUSR2)
	monitor()
}
