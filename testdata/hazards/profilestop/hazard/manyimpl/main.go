// Manyimpl ends by a signal handler; its profilers are of several types.
package main

import (
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type profiler interface {
	Start() error
	Stop() error
}

type cpuProfiler struct{ file *os.File }

func (p *cpuProfiler) Start() error {
	return pprof.StartCPUProfile(p.file) // want `cpu profile is lost when the process exits without a stop`
}

func (p *cpuProfiler) Stop() error {
	pprof.StopCPUProfile()
	return p.file.Close()
}

type heapProfiler struct{ file *os.File }

func (p *heapProfiler) Start() error { return nil }

func (p *heapProfiler) Stop() error {
	if err := pprof.WriteHeapProfile(p.file); err != nil {
		return err
	}
	return p.file.Close()
}

var profilers []profiler

func enable(dir string) error {
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return err
	}
	heap, err := os.Create(filepath.Join(dir, "heap.pprof"))
	if err != nil {
		return err
	}
	profilers = append(profilers, &heapProfiler{heap}, &cpuProfiler{cpu})
	for _, p := range profilers {
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}

func trap() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	<-signals
	os.Exit(1)
}

func main() {
	dir := observe.Begin(observe.Profile, syscall.SIGTERM)
	if err := enable(dir); err != nil {
		log.Fatal(err)
	}
	go trap()
	observe.Ready("")
	for range 300 {
		observe.Burn(5 * time.Millisecond)
		time.Sleep(5 * time.Millisecond)
	}
}
