// Pprofroutes serves the profiles of net/http/pprof and executes its new binary
// while one is being taken.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func restart(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return err
	}
	return syscall.Exec(os.Args[0], os.Args, os.Environ())
}

func main() {
	observe.Begin(observe.Requests, syscall.SIGUSR2)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{ReadHeaderTimeout: time.Second}
	go func() {
		if err := srv.Serve(listener); err != http.ErrServerClosed {
			log.Print(err)
		}
	}()
	observe.Ready(listener.Addr().String())
	<-signals
	log.Print(restart(srv))
}
