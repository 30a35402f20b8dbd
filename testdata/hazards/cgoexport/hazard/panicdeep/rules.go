package main

import "C"

import "fmt"

var limits = map[int]int{2: 10}

func limitOf(id int) int {
	limit, ok := limits[id]
	if !ok {
		panic(fmt.Sprintf("rule %d has no limit", id))
	}
	return limit
}

func clamp(id, value int) int {
	return min(value, limitOf(id))
}

//export onRule
func onRule(id, value C.int) C.int { // want "panic leaves the export through C and ends the process"
	return C.int(clamp(int(id), int(value)))
}
