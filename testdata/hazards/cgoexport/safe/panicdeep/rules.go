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

// protect turns a panic into a result that C knows.
func protect(f func() int) (result int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("rule failed:", r)
			result = -1
		}
	}()
	return f()
}

//export onRule
func onRule(id, value C.int) C.int {
	return C.int(protect(func() int { return clamp(int(id), int(value)) }))
}
