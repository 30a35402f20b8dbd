// Traceexit traces a batch job that ends with an exit code.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"runtime/trace"
	"time"

	"hazards.test/profilestop/internal/observe"
)

func job() int {
	ctx, task := trace.NewTask(context.Background(), "job")
	defer task.End()
	observe.Burn(50 * time.Millisecond)
	trace.Log(ctx, "job", observe.LastEvent)
	return 4
}

func main() {
	dir := observe.Begin(observe.Trace)
	f, err := os.Create(filepath.Join(dir, "trace.out"))
	if err != nil {
		log.Fatal(err)
	}
	if err := trace.Start(f); err != nil { // want `execution trace is cut when the process exits without a stop`
		log.Fatal(err)
	}
	defer trace.Stop()
	code := job()
	os.Exit(code)
}
