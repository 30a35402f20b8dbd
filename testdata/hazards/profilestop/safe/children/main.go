// Children starts other processes while it profiles itself: a profiling timer is
// not inherited over fork.
package main

import (
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func main() {
	dir := observe.Begin(observe.Profile)
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	observe.Burn(50 * time.Millisecond)
	// The child finds the folder in use, and notes the timer that it has.
	if err := exec.Command(os.Args[0]).Run(); err != nil {
		log.Print(err)
	}
	pid, err := syscall.ForkExec(os.Args[0], os.Args, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		log.Print(err)
		return
	}
	if _, err := syscall.Wait4(pid, nil, 0, nil); err != nil {
		log.Print(err)
	}
}
