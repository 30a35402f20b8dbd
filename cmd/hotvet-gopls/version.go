package main

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// version is that of hotvet when the linker sets it (-ldflags=-X main.version=v1.2.3).
var version string

const goplsModule = "golang.org/x/tools/gopls"

// versions returns the version of gopls with that of hotvet as its build
// metadata, "v0.23.0+hotvet.v0.1.0": editors compare the first, people read both.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown+hotvet.unknown"
	}
	base := "unknown"
	for _, dep := range info.Deps {
		if dep.Path == goplsModule {
			base = dep.Version
		}
	}
	return base + "+hotvet." + metadata(cmp.Or(version, info.Main.Version, "devel"))
}

// metadata returns s with what build metadata cannot hold left out, see item 10
// of semver.org: the "(devel)" of a working tree, the plus of "+dirty".
func metadata(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '.':
			return r
		case r == '+':
			return '.'
		}
		return -1
	}, s)
}
