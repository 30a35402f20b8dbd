// Adminhandler starts and ends profiles on request, and replaces itself on a
// signal whether one runs or not.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type admin struct {
	mu   sync.Mutex
	dir  string
	file *os.File
}

func (a *admin) start(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := os.Create(filepath.Join(a.dir, "cpu.pprof"))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	a.file = f
}

func (a *admin) stop(w http.ResponseWriter, r *http.Request) {
	a.end()
	w.WriteHeader(http.StatusNoContent)
}

func (a *admin) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil {
		pprof.StopCPUProfile()
		a.file.Close()
		a.file = nil
	}
}

func (a *admin) upgrades() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	for range signals {
		a.end()
		log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
	}
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGUSR2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	a := &admin{dir: dir}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /profile/start", a.start)
	mux.HandleFunc("POST /profile/stop", a.stop)
	go a.upgrades()
	go use("http://" + listener.Addr().String())
	log.Print(http.Serve(listener, mux))
}

// use is the operator, who asks for a profile.
func use(base string) {
	resp, err := http.Post(base+"/profile/start", "", nil)
	if err != nil {
		log.Print(err)
		return
	}
	resp.Body.Close()
	observe.Burn(50 * time.Millisecond)
	observe.Ready("")
}
