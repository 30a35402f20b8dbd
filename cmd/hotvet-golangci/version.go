package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
)

// describe returns what "hotvet-golangci version" says. The version starts as
// that of golangci-lint does, as editors look whether it is 2, and ends in a hash
// of this program: golangci-lint takes results out of its cache when the version
// is the same (computeBinarySalt in its pkg/commands/run.go), and a build of other
// analyzers must not get those of this one.
func describe(info *debug.BuildInfo) (commands.BuildInfo, error) {
	version := "unknown"
	for _, d := range info.Deps {
		if d.Path == "github.com/golangci/golangci-lint/v2" {
			version = strings.TrimPrefix(d.Version, "v")
		}
	}
	sum, err := hashSelf()
	if err != nil {
		return commands.BuildInfo{}, err
	}
	return commands.BuildInfo{
		GoVersion: info.GoVersion,
		Version:   fmt.Sprintf("%s-hotvet-%.8x", version, sum),
		// The analyzers are those of the checkout that the program was built in.
		Commit: "hotvet " + cmp.Or(info.Main.Version, "(devel)"),
		Date:   "(unknown)",
	}, nil
}

// hashSelf returns a hash of the program that runs.
func hashSelf() ([]byte, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return h.Sum(nil), nil
}
