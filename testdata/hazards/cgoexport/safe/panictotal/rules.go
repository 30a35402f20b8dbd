package main

import "C"

import "sync"

// A Rule answers with a score for a value.
type Rule func(value int) int

var (
	mu    sync.Mutex
	rules = make(map[int]Rule)
)

func register(id int, r Rule) {
	mu.Lock()
	defer mu.Unlock()
	rules[id] = r
}

func find(id int) (Rule, bool) {
	mu.Lock()
	defer mu.Unlock()
	r, ok := rules[id]
	return r, ok
}

//export onRule
func onRule(id, value C.int) C.int {
	rule, ok := find(int(id))
	if !ok {
		return -1
	}
	return C.int(rule(int(value)))
}
