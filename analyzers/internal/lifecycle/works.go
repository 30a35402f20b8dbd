package lifecycle

import (
	"go/ast"
	"go/types"
)

// quiet are the packages whose functions a program calls to set itself up and to
// say that it failed. A profile of nothing else is worth nothing.
var quiet = map[string]bool{
	"bufio": true, "context": true, "errors": true, "flag": true, "fmt": true, "log": true, "log/slog": true,
	"os": true, "os/signal": true, "path": true, "path/filepath": true, "runtime": true,
	"runtime/debug": true, "runtime/pprof": true, "runtime/trace": true, "strconv": true,
	"strings": true, "sync": true, "time": true, "net/http/pprof": true, "unsafe": true,
}

// works reports whether f may do anything but set up: it loops, or calls what is
// neither quiet nor ends the process.
func (p *Package) works(f *Func) bool {
	if worked, ok := p.worked[f]; ok {
		return worked
	}
	p.worked[f] = false // a recursive call adds nothing
	worked := false
	ast.Inspect(f.Body(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			worked = true
		case *ast.CallExpr:
			if c := p.calls[n]; c != nil && c.Mode != Go {
				worked = worked || p.callWorks(c)
			}
		}
		return !worked
	})
	p.worked[f] = worked
	return worked
}

// callWorks is works for one call.
func (p *Package) callWorks(c *Call) bool {
	if p.isBuiltin(c) {
		return false
	}
	for _, f := range c.Funcs {
		if p.works(f) {
			return true
		}
	}
	for _, fn := range c.Named {
		if !p.isQuiet(fn) {
			return true
		}
	}
	if len(c.Funcs) > 0 || len(c.Named) > 0 {
		return false
	}
	// A function value of which nothing is known, such as flag.Usage.
	v, ok := p.values.object(c.Expr.Fun).(*types.Var)
	return !ok || v.Pkg() == nil || !quiet[v.Pkg().Path()]
}

// isQuiet reports whether fn sets up, or ends the process and no more. One that
// waits lets others work meanwhile.
func (p *Package) isQuiet(fn *types.Func) bool {
	for _, role := range Roles(fn) {
		switch role.Verb {
		case "exits":
			return true
		case "waits", "serves":
			return false
		}
	}
	if fn.Pkg() == nil || quiet[fn.Pkg().Path()] && fn.FullName() != "time.Sleep" {
		return true
	}
	fact := p.factOf(fn)
	return fact != nil && fact.Always[Exited]
}

// makesFile reports whether n sets obj to the error of making a file or folder.
// Where that fails a program has not got under way, whatever it did before.
func (w *flow) makesFile(n ast.Node, obj types.Object) bool {
	assign, ok := n.(*ast.AssignStmt)
	if !ok || len(assign.Rhs) != 1 {
		return false
	}
	expr, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
	if !ok || w.p.values.errs[expr] != obj {
		return false
	}
	c := w.p.calls[expr]
	if c == nil || c.Static == nil {
		return false
	}
	switch c.Static.FullName() {
	case "os.Create", "os.OpenFile", "os.CreateTemp", "os.Mkdir", "os.MkdirAll", "os.MkdirTemp":
		return true
	}
	return false
}
