package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"

	_ "github.com/hotvet/hotvet/analyzers/golangci" // registers the linter
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "hotvet-golangci: %v\n", err)
		os.Exit(exitcodes.Failure)
	}
}

// run does what golangci-lint does, which ends the process itself when there are
// findings.
func run() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("the program was built without modules and does not know its versions")
	}
	described, err := describe(info)
	if err != nil {
		return err
	}
	return commands.Execute(described)
}
