package analyzers

import (
	"slices"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/origin"
)

// Known returns what a package has to mention before an analyzer of the suite
// says anything about it to packages that import it, unless one of its own
// imports has such facts: a function, variable or field by its full name, or an
// import. The standard library has no facts at all; its functions are listed.
// A driver that gets facts for each dependency can leave out the others.
func Known() (functions, imports []string) {
	functions = slices.Concat(lifecycle.Names(), origin.ModelNames())
	// A blank import of pprof is a fact, and so is a cast in a function.
	return functions, []string{"net/http/pprof", "unsafe"}
}
