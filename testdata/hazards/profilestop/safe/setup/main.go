// Setup checks its arguments, makes its files and opens its device before it works:
// a profile of no more than that is no loss. It hands the stop to the registry of another
// package, which runs it before every exit.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"

	"hazards.test/profilestop/internal/observe"
	"hazards.test/profilestop/safe/setup/atexit"
	"hazards.test/profilestop/safe/setup/device"
)

func usage() {
	fmt.Fprintln(os.Stderr, "usage: setup [-cpuprofile file] [-memprofile file]")
	flag.PrintDefaults()
}

// startProfile returns nil when there is none.
func startProfile(path string) func() {
	f, err := os.Create(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return nil
	}
	pprof.StartCPUProfile(f)
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}
}

func main() {
	dir := observe.Begin(observe.Profile)
	cpu := flag.String("cpuprofile", filepath.Join(dir, "cpu.pprof"), "")
	mem := flag.String("memprofile", filepath.Join(dir, "mem.pprof"), "")
	flag.Usage = usage
	flag.Parse()
	stop := startProfile(*cpu)
	if stop == nil {
		os.Exit(1)
	}
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	m, err := os.Create(*mem)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dev, err := device.Open("eth0")
	if err != nil {
		log.Fatal(err)
	}
	if err := dev.Limit(5); err != nil {
		log.Fatal(err)
	}
	atexit.Register(stop)
	for {
		if _, err := dev.Next(); err != nil {
			break
		}
	}
	if err := pprof.WriteHeapProfile(m); err != nil {
		atexit.Exit(1)
	}
	atexit.Exit(0)
}
