package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// Ranks order the risks of one export and kind; the first is reported.
const (
	rankRace = iota
	rankNil
	rankLookup
	rankUser
	rankPanic
	rankOwn
	rankValue
)

const (
	msgPanic  = "panic leaves the export through C and ends the process"
	msgUser   = "panic of a callback leaves the export and ends the process"
	msgValue  = "value from C is used unchecked and a panic ends the process"
	msgLookup = "released entry makes the export panic in C and ends the process"
	msgHandle = "handle is deleted while C can still call back with it"
	msgNilFn  = "nil function is called when C enters before it is set"
	msgNilMap = "nil map is written when C enters before it is made"
	msgRace   = "map is used by C callbacks without the lock of its writers"
)

// assertion looks at x.(T) without ok.
func (w *walker) assertion(fr *frame, n *ast.TypeAssertExpr) {
	if n.Type == nil || w.commaOK[n] {
		return
	}
	src, checked, at := w.trace(fr, n.X)
	switch {
	case checked:
	case src == lookup:
		w.add(fr, risk{kind: "state", rank: rankLookup, node: n, msg: msgLookup})
	case src == handle:
		w.staleHandle(fr, at)
	}
}

// staleHandle reports the use of a handle that the package deletes while C may
// hold it: not by the function that made it for the length of one call, not in
// an export, and not after a call that takes it back from C.
func (w *walker) staleHandle(fr *frame, at ast.Node) {
	for _, fd := range w.decls {
		for _, call := range w.callsIn(fd, "(runtime/cgo.Handle).Delete") {
			if len(w.callsIn(fd, "runtime/cgo.NewHandle")) > 0 || w.takenBack(fd, call.Pos()) {
				continue
			}
			w.add(fr, risk{kind: "state", rank: rankLookup, node: at, msg: msgHandle,
				others: []analysis.RelatedInformation{report.Related(call, "handle is deleted here")}})
			return
		}
	}
}

func (p *program) isExport(fd *ast.FuncDecl) bool {
	for _, e := range p.cgo.Exports {
		if e.Decl == fd {
			return true
		}
	}
	return false
}

// callsIn lists the calls of a function by its full name.
func (p *program) callsIn(fd *ast.FuncDecl, name string) []*ast.CallExpr {
	var list []*ast.CallExpr
	ast.Inspect(fd, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if fn, ok := typeutil.Callee(p.info, call).(*types.Func); ok && fn.FullName() == name {
				list = append(list, call)
			}
		}
		return true
	})
	return list
}

// method handles a call whose callee has a declaration somewhere.
func (w *walker) method(fr *frame, fn *types.Func, call *ast.CallExpr) {
	fr.locked = w.afterLock(call, fr.locked)
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if types.IsInterface(w.info.TypeOf(sel.X)) && fn.Signature().Recv() != nil {
			w.interfaceCall(fr, fn, call)
			return
		}
	}
	switch name := fn.FullName(); {
	case fn.Pkg() == nil:
	case fn.Pkg() == w.pass.Pkg:
		w.enter(fr, fn.Origin(), call)
	case panicking[name]:
		w.add(fr, risk{kind: "panic", rank: rankPanic, node: call, msg: msgPanic})
	case name == "(reflect.Value).Call" || name == "(reflect.Value).CallSlice":
		w.add(fr, risk{kind: "panic", rank: rankUser, node: call, msg: msgUser})
	case isStd(fn.Pkg().Path()):
		// once.Do, slices.SortFunc and the like run their argument in place.
		for _, arg := range call.Args {
			if lit, ok := ast.Unparen(arg).(*ast.FuncLit); ok && name != "time.AfterFunc" {
				w.literal(fr, lit, nil)
			}
		}
	}
}

// panicking are the functions of the standard library that end in a panic.
var panicking = map[string]bool{
	"log.Panic": true, "log.Panicf": true, "log.Panicln": true,
	"(*log.Logger).Panic": true, "(*log.Logger).Panicf": true, "(*log.Logger).Panicln": true,
}

// lookedUp reports the use of a pointer from a map that nobody checked: the
// entry may be gone.
func (w *walker) lookedUp(fr *frame, sel *ast.SelectorExpr) {
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok || !nilable(w.info.TypeOf(id)) {
		return
	}
	if src, checked, at := w.trace(fr, id); src == lookup && !checked && w.givesNil(at) {
		w.add(fr, risk{kind: "state", rank: rankLookup, node: sel, msg: msgLookup})
	}
}

// givesNil reports whether a look-up gives nil for a key that is not there: it
// indexes the map, or calls a function that returns what it indexes.
func (w *walker) givesNil(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return isIndex(n)
	}
	fn := typeutil.StaticCallee(w.info, call)
	if fn == nil || w.decls[fn.Origin()] == nil {
		return false
	}
	found := false
	ast.Inspect(w.decls[fn.Origin()].Body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok && len(ret.Results) == 1 {
			ix, ok := ast.Unparen(ret.Results[0]).(*ast.IndexExpr)
			found = found || ok && isMap(w.info.TypeOf(ix.X))
		}
		return true
	})
	return found
}

func nilable(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Interface, *types.Signature:
		return true
	}
	return false
}

func isIndex(n ast.Node) bool {
	_, ok := n.(*ast.IndexExpr)
	return ok
}

// index looks at m[k] and s[i].
func (w *walker) index(fr *frame, n *ast.IndexExpr) {
	t := w.info.TypeOf(n.X)
	if isMap(t) {
		w.mapAccess(fr, n.X, false)
		return
	}
	if t == nil {
		return
	}
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array:
		// A view of C memory has no length worth checking.
		if id := w.plainValue(fr, n.Index); id != nil && w.variable(n.X) != nil && !w.compared(fr, id) {
			w.add(fr, risk{kind: "panic", rank: rankValue, node: n, msg: msgValue})
		}
	}
}

// divide looks at integer division by a value from C.
func (w *walker) divide(fr *frame, n *ast.BinaryExpr) {
	if n.Op != token.QUO && n.Op != token.REM {
		return
	}
	b, ok := w.info.TypeOf(n).Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 {
		return
	}
	if id := w.plainValue(fr, n.Y); id != nil && !w.compared(fr, id) {
		w.add(fr, risk{kind: "panic", rank: rankValue, node: n, msg: msgValue})
	}
}

// plainValue returns the variable that holds a value as C passed it, through
// conversions only.
func (w *walker) plainValue(fr *frame, expr ast.Expr) types.Object {
	for {
		switch e := ast.Unparen(expr).(type) {
		case *ast.Ident:
			if obj := w.objectOf(e); fr.given[obj] == asPassed {
				return obj
			}
			return nil
		case *ast.CallExpr:
			if tv := w.info.Types[e.Fun]; !tv.IsType() || len(e.Args) != 1 {
				return nil
			}
			expr = e.Args[0]
		default:
			return nil
		}
	}
}

// compared reports whether the function compares a variable with anything.
func (w *walker) compared(fr *frame, obj types.Object) bool {
	found := false
	ast.Inspect(fr.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			switch n.Op {
			case token.EQL, token.NEQ, token.LSS, token.GTR, token.LEQ, token.GEQ:
				found = found || w.mentions(n, obj)
			}
		case *ast.SwitchStmt:
			found = found || n.Tag != nil && w.mentions(n.Tag, obj)
		}
		return !found
	})
	return found
}

func (w *walker) mentions(n ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && w.objectOf(id) == obj {
			found = true
		}
		return !found
	})
	return found
}
