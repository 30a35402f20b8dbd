// Interrupt serves, and ends in good order on SIGINT and on SIGTERM, which
// supervisors send.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func hello(w http.ResponseWriter, r *http.Request) {
	observe.Burn(50 * time.Millisecond)
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGTERM)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM) // safe: profilestop/exit
	go http.Serve(listener, http.HandlerFunc(hello))
	if resp, err := http.Get("http://" + listener.Addr().String()); err == nil {
		resp.Body.Close()
	}
	observe.Ready("")
	<-stop
	log.Print("ends")
}
