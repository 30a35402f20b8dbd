// Free keeps its settings in C memory, which a reload swaps and frees while a
// request still reads them.
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
	"sync/atomic"
	"syscall"
	"unsafe"

	"hazards.test/configswap/internal/probe"
)

var current atomic.Pointer[C.settings]

func load() *C.settings {
	c := probe.Load()
	return C.settings_new(C.int(c.Name[0]), C.int(c.Limit))
}

func reload() {
	next := load()
	old := current.Swap(next)
	C.free(unsafe.Pointer(old))   // want `old configuration is freed while a reader may still hold it`
	spare := C.settings_new(0, 0) // takes the place of what was freed
	spare.limit = -1
}

func show(w http.ResponseWriter, r *http.Request) {
	c := current.Load()
	name := string(rune(c.name))
	probe.Backend()
	fmt.Fprintln(w, name, int(c.limit))
}

func main() {
	current.Store(load())
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
