package main

import "C"

import (
	"fmt"
	"sync"
)

type session struct {
	name   string
	events int
}

var (
	mu       sync.RWMutex
	sessions = make(map[int]*session)
)

func open(id int, s *session) {
	mu.Lock()
	defer mu.Unlock()
	sessions[id] = s
}

func release(id int) {
	mu.Lock()
	defer mu.Unlock()
	delete(sessions, id)
}

func find(id int) *session {
	mu.RLock()
	defer mu.RUnlock()
	return sessions[id]
}

//export onEvent
func onEvent(event C.int) {
	s := find(int(event))
	if s == nil {
		return
	}
	s.events++
	fmt.Println(s.name, s.events)
}
