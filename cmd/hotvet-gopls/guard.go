package main

import (
	"fmt"
	"log"
	"runtime/debug"

	"golang.org/x/tools/go/analysis"
)

// guard makes a panic of an analyzer an error of that analyzer on that package.
// gopls by itself goes on too, and says nothing: a defect would look like code
// without findings. Standard error is what editors show as the server's output.
func guard(a *analysis.Analyzer) {
	run := a.Run
	a.Run = func(pass *analysis.Pass) (result any, err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("analyzer %s panicked on package %s: %v", a.Name, pass.Pkg.Path(), v)
				log.Printf("hotvet-gopls: %v; other analyzers go on\n%s", err, debug.Stack())
			}
		}()
		return run(pass)
	}
}
