package upgrade // want package:"lifecycle: replaces by upgrade.Replace"

// This package ends the process in the ways that callers in other packages must
// know of.

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/pprof"
	"sync"
	"syscall"
)

func Replace() error { // want Replace:"lifecycle: replaces, replaces without stopping cpuprofile, replaces without stopping trace, replaces without stopping http"
	return fmt.Errorf("exec: %w", syscall.Exec(os.Args[0], os.Args, os.Environ()))
}

func ReplaceStopped() error { // want ReplaceStopped:"lifecycle: stops cpuprofile, replaces, replaces without stopping trace, replaces without stopping http"
	pprof.StopCPUProfile()
	return Replace()
}

// A deferred stop does not run before the process is replaced.
func ReplaceDeferred() error { // want ReplaceDeferred:"lifecycle: stops cpuprofile, replaces, replaces without stopping cpuprofile, replaces without stopping trace, replaces without stopping http"
	defer pprof.StopCPUProfile()
	return Replace()
}

func Fail(err error) { // want Fail:"lifecycle: exits always, exits without stopping cpuprofile, exits without stopping trace, exits without stopping http"
	log.Print(err)
	os.Exit(1)
}

// What may fail somewhere is no fact: nearly everything may.
func Check(err error) {
	if err != nil {
		Fail(err)
	}
}

func Loop(c chan int) { // want Loop:"lifecycle: exits always, exits without stopping cpuprofile, exits without stopping trace, exits without stopping http"
	for {
		if n := <-c; n > 0 {
			os.Exit(n)
		}
	}
}

func Serve(srv *http.Server) { // want Serve:"lifecycle: serves"
	log.Print(srv.ListenAndServe())
}

func Drain(srv *http.Server) error { // want Drain:"lifecycle: stops http"
	return srv.Shutdown(nil)
}

var once sync.Once

func StopOnce() { // want StopOnce:"lifecycle: stops cpuprofile"
	once.Do(pprof.StopCPUProfile)
}

func each[T any](list []T, f func(T) error) error {
	for _, x := range list {
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

func ReplaceAny(paths []string) error { // want ReplaceAny:"lifecycle: replaces, replaces without stopping cpuprofile, replaces without stopping trace, replaces without stopping http"
	return each(paths, func(path string) error { return syscall.Exec(path, os.Args, os.Environ()) })
}

type upgrader interface{ upgrade() error }

type inPlace struct{ path string }

func (p inPlace) upgrade() error { // want upgrade:"lifecycle: replaces, replaces without stopping cpuprofile, replaces without stopping trace, replaces without stopping http"
	return syscall.Exec(p.path, os.Args, os.Environ())
}

func ReplaceBy(u upgrader) error { // want ReplaceBy:"lifecycle: replaces, replaces without stopping cpuprofile, replaces without stopping trace, replaces without stopping http"
	return u.upgrade()
}

// A goroutine is not part of what a call does before it returns.
func Later() {
	go Replace()
}
