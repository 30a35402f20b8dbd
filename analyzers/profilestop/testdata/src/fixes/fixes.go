package fixes

import (
	"log"
	"os"
	"os/signal"
	cpu "runtime/pprof"
	"runtime/trace"
	"syscall"
)

func statement(f *os.File) {
	cpu.StartCPUProfile(f) // want `cpu profile is lost and its timer outlives the replaced process`
	defer cpu.StopCPUProfile()
	// The binary may have been replaced.
	syscall.Exec(os.Args[0], os.Args, os.Environ())
}

func condition(f *os.File) {
	cpu.StartCPUProfile(f) // want `cpu profile is lost and its timer outlives the replaced process`
	if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err != nil {
		log.Print(err)
	}
}

func clause(f *os.File, c chan os.Signal) {
	if err := trace.Start(f); err != nil { // want `execution trace is cut when the process is replaced`
		return
	}
	signal.Notify(c, syscall.SIGUSR2)
	switch sig := <-c; sig {
	case syscall.SIGUSR2:
		log.Print(sig)
		log.Print(syscall.Exec(os.Args[0], os.Args, os.Environ()))
	}
}

func alternative(f *os.File, ready bool) error {
	if err := cpu.StartCPUProfile(f); err != nil { // want `cpu profile is lost and its timer outlives the replaced process`
		return err
	}
	if ready {
		log.Print("ready")
	} else if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err != nil {
		return err
	}
	cpu.StopCPUProfile()
	return nil
}

func labelled(f *os.File) {
	cpu.StartCPUProfile(f) // want `cpu profile is lost and its timer outlives the replaced process`
again:
	if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err == syscall.EAGAIN {
		goto again
	}
}

func both(f, g *os.File) error {
	cpu.StartCPUProfile(f) // want `cpu profile is lost and its timer outlives the replaced process`
	trace.Start(g)         // want `execution trace is cut when the process is replaced`
	return replace()
}

func replace() error {
	return syscall.Exec(os.Args[0], os.Args, os.Environ())
}
