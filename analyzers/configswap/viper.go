package configswap

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// libraryUse is a call that reads or replaces the state of a configuration
// library which has no lock of its own.
type libraryUse struct {
	call *lifecycle.Call
	of   types.Object // the receiver's variable; nil for the library's global state
}

// libraries reports the use of configuration libraries without a lock, such as
// viper (spf13/viper#174), whose state a watcher or a reload replaces while
// requests read it.
func (c *checker) libraries() {
	var writes, reads []libraryUse
	for _, f := range c.life.Funcs() {
		for _, call := range f.Calls {
			for _, role := range lifecycle.Roles(call.Static) {
				switch role.Verb {
				case "watches":
					writes = append(writes, c.use(call, role))
				case "rereads", "writes":
					if c.reloadsAt(call) {
						writes = append(writes, c.use(call, role))
					}
				case "reads":
					reads = append(reads, c.use(call, role))
				}
			}
		}
	}
	for _, w := range writes {
		c.libraryRace(w, reads)
	}
}

func (c *checker) use(call *lifecycle.Call, role lifecycle.Role) libraryUse {
	u := libraryUse{call: call}
	if sel, ok := ast.Unparen(call.Expr.Fun).(*ast.SelectorExpr); ok && role.Object == "recv" {
		u.of = lifecycle.ObjectOf(c.pass.TypesInfo, sel.X)
	}
	return u
}

// reloadsAt reports whether a call runs on a reload.
func (c *checker) reloadsAt(call *lifecycle.Call) bool {
	for _, ctx := range c.life.ContextsAt(call.In, call.Pos()) {
		if ctx.Root.Kind == lifecycle.Handler {
			return true
		}
		if t := ctx.Trigger; t != nil && (t.Kind == lifecycle.FileEvent || t.Kind == lifecycle.Tick && t.Loop || t.Kind == lifecycle.Signal && reloads(t.Signals)) {
			return true
		}
	}
	return false
}

func (c *checker) libraryRace(w libraryUse, reads []libraryUse) {
	var related []analysis.RelatedInformation
	for _, r := range reads {
		if r.of == w.of && len(related) < maxReads && c.requests(r.call, w.call) {
			related = append(related, report.Related(r.call, "read here"))
		}
	}
	if related == nil {
		return
	}
	c.rep.Report(report.Finding{
		Node:    w.call,
		Kind:    "map",
		Message: "configuration library replaces its maps on reload without a lock",
		Related: related,
	})
}

// requests reports whether a read runs on another goroutine than the reload w.
func (c *checker) requests(r, w *lifecycle.Call) bool {
	for _, ctx := range c.life.ContextsAt(r.In, r.Pos()) {
		switch ctx.Root.Kind {
		case lifecycle.Handler:
			return true
		case lifecycle.Goroutine:
			if !c.sameRoot(ctx.Root, w) {
				return true
			}
		}
	}
	return false
}

func (c *checker) sameRoot(root *lifecycle.Root, call *lifecycle.Call) bool {
	for _, ctx := range c.life.ContextsAt(call.In, call.Pos()) {
		if ctx.Root == root {
			return true
		}
	}
	return false
}
