// Package signals tells which signals a program waits for and what it does on
// them. It is no analyzer for users: hotvet confirm asks for it, to know how a
// program is told to reload and to replace itself.
package signals

import (
	"go/token"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// What a diagnostic says of the signal that is its message. Every signal that is
// asked for is Caught; on some of them the process is replaced, or exits.
const (
	Caught  = "caught"
	Replace = "replace"
	Exit    = "exit"
)

// Analyzer reports each signal with one of the constants as category.
var Analyzer = &analysis.Analyzer{
	Name:     "signals",
	Doc:      "tell which signals the program waits for and what it does on them",
	Requires: []*analysis.Analyzer{lifecycle.Analyzer},
	Run:      run,
}

func run(pass *analysis.Pass) (any, error) {
	p := lifecycle.Of(pass)
	seen := make(map[string]bool)
	tell := func(pos token.Pos, category, signal string) {
		if key := category + " " + signal; !seen[key] {
			seen[key] = true
			pass.Report(analysis.Diagnostic{Pos: pos, Category: category, Message: signal})
		}
	}
	for _, name := range p.Signals() {
		if c := p.NotifyOf(name); c != nil && !p.InTest(c.Pos()) {
			tell(c.Pos(), Caught, name)
		}
	}
	for _, f := range p.Funcs() {
		if p.InTest(f.Pos()) {
			continue
		}
		for _, c := range f.Calls {
			category := ends(p, c)
			if category == "" {
				continue
			}
			for _, ctx := range p.ContextsAt(f, c.Pos()) {
				if t := ctx.Trigger; t != nil && t.Kind == lifecycle.Signal {
					for _, name := range t.Signals {
						tell(c.Pos(), category, name)
					}
				}
			}
		}
	}
	return nil, nil
}

// ends says how a call ends the process, empty when it does not. What may replace
// it exits too, when that fails.
func ends(p *lifecycle.Package, c *lifecycle.Call) string {
	for _, verb := range []string{"replaces", "restarts"} {
		if _, ok := c.Has(verb); ok {
			return Replace
		}
	}
	e := p.CallEffects(c)
	switch {
	case e.Ends[lifecycle.Replaced].Reached:
		return Replace
	case e.Ends[lifecycle.Exited].Reached && e.Ends[lifecycle.Exited].Always:
		return Exit
	}
	return ""
}
