package main

import "C"

import "sync"

var (
	mu    sync.RWMutex
	hosts = make(map[int]int)
)

// load brings the table up to date.
func load(generation int) {
	mu.Lock()
	defer mu.Unlock()
	for host := range 64 {
		hosts[host] = generation + host + 1
	}
}

//export onLookup
func onLookup(host C.int) C.int {
	mu.RLock()
	defer mu.RUnlock()
	return C.int(hosts[int(host)])
}
