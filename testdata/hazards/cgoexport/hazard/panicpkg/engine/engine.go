// Package engine runs the rules of its users in C.
package engine

/*
#include "engine.h"
*/
import "C"

import "sync"

// A Rule is what users implement.
type Rule interface {
	Score(value int) int
}

var (
	mu    sync.RWMutex
	rules = make(map[int]Rule)
)

// Register makes a rule known to the engine.
func Register(id int, r Rule) {
	mu.Lock()
	defer mu.Unlock()
	rules[id] = r
}

// Run evaluates a rule.
func Run(id, value int) int {
	return int(C.engine_run(C.int(id), C.int(value)))
}

// Locked reports whether the engine is busy.
func Locked() bool { return C.engine_locked() != 0 }

//export onRule
func onRule(id, value C.int) C.int {
	mu.RLock()
	rule, ok := rules[int(id)]
	mu.RUnlock()
	if !ok {
		return -1
	}
	return C.int(rule.Score(int(value))) // want "panic of a callback leaves the export and ends the process"
}
