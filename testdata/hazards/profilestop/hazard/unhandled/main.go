// Unhandled serves until a signal kills it.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

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
	if err := pprof.StartCPUProfile(f); err != nil { // want `cpu profile is lost when a signal ends the process`
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	srv := &http.Server{ReadHeaderTimeout: time.Second}
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	if err := srv.Serve(listener); err != nil {
		log.Print(err)
	}
}
