package gate

import (
	"slices"
	"strings"
)

// Beginnings of the names of checks that end in what they are about.
const (
	layoutPrefix   = "layout/"   // and a type
	requiredPrefix = "required/" // and an input
)

// names are those of all checks that can be unknown or fail, besides those of one type
// or input. A policy that allows another one allows nothing, and its author would not
// notice.
var names = []string{
	"file/old", "file/new", "file/privileges",
	"findings/complete", "findings/program",
	"build/program", "build/host", "build/path", "build/go", "build/source", "build/modules", "build/settings",
	"build/goos", "build/goarch", "build/level", "build/cgoflags", "build/tags", "build/instrumentation",
	"build/mode", "build/experiment", "build/flags",
	"symbols/old", "symbols/new", "symbols/moves",
	"cgo/enabled", "cgo/exports", "cgo/signatures", "cgo/libraries",
	"live/process", "live/libraries", "live/files", "live/listeners",
	"live/pprof", "live/callbacks", "live/c", "live/threads", "live/profile",
	"profile/old", "profile/new", "profile/gap", "profile/stacks", "profile/hotspots",
	"health/score", "health/fresh", "health/process",
}

func isCheck(name string) bool {
	if input, ok := strings.CutPrefix(name, requiredPrefix); ok {
		return slices.Contains(inputs, input)
	}
	return slices.Contains(names, name) || strings.HasPrefix(name, layoutPrefix) && name != layoutPrefix
}
