package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/tools/gopls/internal/cmd"
	"golang.org/x/tools/gopls/internal/filecache"
	"golang.org/x/tools/gopls/internal/tool"
	gopls "golang.org/x/tools/gopls/internal/version"

	"github.com/hotvet/hotvet/analyzers"
)

func main() {
	if err := run(suite(analyzers.Suite()), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hotvet-gopls:", err)
		os.Exit(1)
	}
}

// run is what the main function of gopls does, with more analyzers and without
// telemetry: what goes wrong here is none of the gopls team's business.
func run(list []member, args []string) error {
	gopls.VersionOverride = versions()
	if err := register(list); err != nil {
		return err
	}
	// Without a place to write, gopls fails later, and for other reasons.
	if _, err := filecache.Get("nonesuch", [32]byte{}, filecache.Bytes); err != nil && err != filecache.ErrNotFound {
		return fmt.Errorf("cannot write the cache, see GOPLSCACHE: %w", err)
	}
	tool.Main(context.Background(), cmd.New(), args)
	return nil
}
