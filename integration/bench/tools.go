package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// toolNames are the tools in the order in which they run and are printed.
var toolNames = []string{"hotvet", "empty", "vet", "staticcheck"}

// staticcheckVersion is the release that is measured.
const staticcheckVersion = "v0.8.2"

// emptySource is built against this module's golang.org/x/tools, so that both
// vettools have the same driver.
//
//go:embed empty.go.txt
var emptySource []byte

// tool is a program to measure.
type tool struct {
	name   string
	binary string
	// standalone tools are run as they are; the others are vettools.
	standalone bool
}

func buildTools(ctx context.Context, o options, scratch string) ([]tool, error) {
	if err := os.MkdirAll(o.work, 0o777); err != nil {
		return nil, err
	}
	var tools []tool
	for _, name := range o.tools {
		t := tool{name: name, standalone: name == "staticcheck"}
		var err error
		switch name {
		case "hotvet":
			t.binary, err = hotvetBinary(ctx, o, scratch)
		case "empty":
			t.binary, err = emptyBinary(ctx, scratch)
		case "vet":
			t.binary, err = vetBinary(ctx)
		case "staticcheck":
			t.binary, err = staticcheckBinary(ctx, o.work)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tools = append(tools, t)
	}
	return tools, nil
}

func hotvetBinary(ctx context.Context, o options, scratch string) (string, error) {
	if o.hotvet != "" {
		return filepath.Abs(o.hotvet)
	}
	bin := filepath.Join(scratch, "hotvet")
	return bin, output(exec.CommandContext(ctx, "go", "build", "-o", bin, "github.com/hotvet/hotvet/cmd/hotvet"))
}

func emptyBinary(ctx context.Context, scratch string) (string, error) {
	source := filepath.Join(scratch, "empty.go")
	if err := os.WriteFile(source, emptySource, 0o666); err != nil {
		return "", err
	}
	// A file named on the command line is compiled within the module of the
	// current folder.
	bin := filepath.Join(scratch, "empty")
	return bin, output(exec.CommandContext(ctx, "go", "build", "-o", bin, source))
}

// vetBinary returns the program behind go vet.
func vetBinary(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "tool", "-n", "vet").Output()
	return strings.TrimSpace(string(out)), err
}

// staticcheckBinary installs staticcheck with the dependencies of its release.
func staticcheckBinary(ctx context.Context, work string) (string, error) {
	bin := filepath.Join(work, "staticcheck")
	cmd := exec.CommandContext(ctx, "go", "install", "honnef.co/go/tools/cmd/staticcheck@"+staticcheckVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+work, "GOFLAGS=", "GOWORK=off")
	return bin, output(cmd)
}

func output(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
