package main

// What the sources of rules_go import, and a package of theirs: so that go.mod
// keeps the modules.
import (
	_ "github.com/aymanbagabas/go-udiff"
	_ "github.com/bazelbuild/rules_go/go/runfiles"
	_ "golang.org/x/tools/go/analysis"
	_ "golang.org/x/tools/go/gcexportdata"
	_ "golang.org/x/tools/internal/facts"

	_ "github.com/hotvet/hotvet/analyzers"
)
