// Traceexec traces itself and executes its new binary on SIGUSR2.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/trace"
	"syscall"
	"time"

	"hazards.test/profilestop/internal/observe"
)

type tracer struct{ file *os.File }

func (t *tracer) start(dir string) (err error) {
	if t.file, err = os.Create(filepath.Join(dir, "trace.out")); err != nil {
		return err
	}
	return trace.Start(t.file) // want `execution trace is cut when the process is replaced`
}

func (t *tracer) stop() {
	trace.Stop()
	t.file.Close()
}

func main() {
	dir := observe.Begin(observe.Trace, syscall.SIGUSR2)
	var t tracer
	if err := t.start(dir); err != nil {
		log.Fatal(err)
	}
	defer t.stop()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGUSR2)
	defer cancel()
	observe.Ready("")
	observe.Burn(50 * time.Millisecond)
	<-ctx.Done()
	trace.Log(ctx, "service", observe.LastEvent)
	if err := syscall.Exec(os.Args[0], os.Args, os.Environ()); err != nil {
		log.Print(err)
	}
}
