// Command service scores requests with the rules of its own.
package main

import (
	"fmt"

	"hazards.test/cgoexport/hazard/panicpkg/engine"
)

type inverse struct{ scale int }

func (i inverse) Score(value int) int { return i.scale / value }

func main() {
	engine.Register(1, inverse{scale: 100})
	score(1, 0)
	if engine.Locked() {
		fmt.Println("lost: the engine is still locked by the rule that panicked")
		return
	}
	fmt.Println("kept: the engine is free for the next rule")
}

func score(id, value int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("request failed:", r)
		}
	}()
	fmt.Println("score:", engine.Run(id, value))
}
