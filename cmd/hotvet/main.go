package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"honnef.co/go/tools/analysis/lint"

	"github.com/hotvet/hotvet/analyzers"
	"github.com/hotvet/hotvet/cmd/internal/cli"
	"github.com/hotvet/hotvet/cmd/internal/unit"
	"github.com/hotvet/hotvet/integration/process"
)

func main() {
	process.GuardMain()
	ctx, stop := context.Background(), context.CancelFunc(func() {})
	if !unit.Requested(os.Args[1:]) {
		// A vet tool has nothing to clean up: a signal ends it at once.
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	}
	err := program().Run(ctx, os.Environ(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(cli.Status(err))
}

func program() *cli.Program {
	p := &cli.Program{Shortcut: unit.NewShortcut(analyzers.Known), Signals: analyzers.Signals}
	for _, row := range analyzers.Suite() {
		p.Analyzers = append(p.Analyzers, cli.Analyzer{
			Analyzer: row.Analyzer,
			Severity: row.Severity,
			Since:    row.Since,
			Confirm:  string(row.Confirm),
			Document: func() (*lint.RawDocumentation, error) { return row.Lint() },
		})
	}
	return p
}
