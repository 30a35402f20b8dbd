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

var sessions sync.Map // of *session by number

func open(id int, s *session) { sessions.Store(id, s) }

func release(id int) { sessions.Delete(id) }

//export onEvent
func onEvent(event C.int) {
	v, _ := sessions.Load(int(event))
	s := v.(*session) // want "released entry makes the export panic in C and ends the process"
	s.events++
	fmt.Println(s.name, s.events)
}
