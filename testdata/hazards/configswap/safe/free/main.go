// Free keeps its settings in C memory, which a reload swaps and frees once no
// request holds them any more.
package main

/*
#include <stdlib.h>

typedef struct { int name; int limit; } settings;

static settings *settings_new(int name, int limit) {
	settings *s = malloc(sizeof *s);
	if (s != NULL) {
		s->name = name;
		s->limit = limit;
	}
	return s;
}
*/
import "C"

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"unsafe"

	"hazards.test/configswap/internal/probe"
)

var (
	mu      sync.RWMutex
	current *C.settings
)

func load() *C.settings {
	c := probe.Load()
	return C.settings_new(C.int(c.Name[0]), C.int(c.Limit))
}

func reload() {
	next := load()
	mu.Lock()
	defer mu.Unlock()
	old := current
	current = next
	C.free(unsafe.Pointer(old))
	spare := C.settings_new(0, 0) // takes the place of what was freed
	spare.limit = -1
}

func show(w http.ResponseWriter, r *http.Request) {
	mu.RLock()
	defer mu.RUnlock()
	c := current // safe: configswap/free related
	name := string(rune(c.name))
	probe.Backend()
	fmt.Fprintln(w, name, int(c.limit))
}

func main() {
	current = load()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			reload()
		}
	}()
	http.HandleFunc("/", show)
	probe.Run(http.DefaultServeMux)
}
