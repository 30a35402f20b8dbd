package analyzers

import (
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/origin"
)

// Known returns what a package has to mention before an analyzer of the suite
// says anything about it to packages that import it: a function, variable or
// field by its full name, or an import. It may also mention a function that has
// a fact. Nothing follows from package facts, and the standard library needs no
// facts, for its functions are listed. So a driver that is asked for the facts of
// each dependency need not analyze the others.
func Known() (functions, imports []string) {
	functions = slices.Concat(lifecycle.EffectNames(), origin.SourceNames())
	// A blank import of pprof is a fact, and so is a cast in a function.
	return functions, []string{"net/http/pprof", "unsafe"}
}
