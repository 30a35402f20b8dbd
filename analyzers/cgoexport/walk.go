package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
)

// A risk is a construct that can panic, or corrupt state, under a call from C.
type risk struct {
	kind   string // "panic" or "state"
	rank   int    // lower is worth more to the reader
	node   ast.Node
	msg    string
	inside bool // in the body of the export itself, not of a function it calls
	others []analysis.RelatedInformation
}

// A frame is one function body on the way down from an export.
//
// Method: a walk of syntax in source order from each export, into functions of
// the package that are called statically, at most maxDepth deep. It is a may
// analysis of the constructs, and position decides what came before: a deferred
// recover protects what follows it, a Lock holds until an Unlock that is not
// deferred. Known unsoundness: branches are not told apart, code in goroutines
// is left out (its panics do not pass through the export), and functions of
// other packages count as not panicking.
type frame struct {
	body      *ast.BlockStmt
	export    bool
	protected bool
	locked    bool
	depth     int
	// bound holds the function literals that the caller passes as arguments.
	bound map[types.Object]binding
	outer *frame // the frame whose body holds this literal, for its variables
	seen  map[*types.Func]bool
	given map[types.Object]origin // variables that hold what C passed
}

// An origin tells what a variable has to do with what C passed.
type origin uint8

const (
	computed origin = iota + 1 // from it
	asPassed                   // it is the value itself, maybe converted
)

type binding struct {
	lit *ast.FuncLit
	in  *frame
}

const maxDepth = 6

// walker collects the risks of one export.
type walker struct {
	*program
	export *cgosource.Export
	risks  []risk
}

func (w *walker) add(fr *frame, r risk) {
	// fatal errors such as concurrent map access pass every recover.
	if fr.protected && r.rank != rankRace {
		return
	}
	r.inside = fr.export
	w.risks = append(w.risks, r)
}

// block walks a body in source order. It works on the frame it is given, so
// that locks and recovers of earlier statements count for later ones.
func (w *walker) block(fr *frame, n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			w.deferred(fr, n)
			return false
		case *ast.CallExpr:
			return w.call(fr, n)
		case *ast.TypeAssertExpr:
			w.assertion(fr, n)
		case *ast.AssignStmt:
			w.assign(fr, n)
		case *ast.RangeStmt:
			w.mapAccess(fr, n.X, false)
		case *ast.IncDecStmt:
			if ix, ok := ast.Unparen(n.X).(*ast.IndexExpr); ok {
				w.mapWrite(fr, ix)
			}
		case *ast.SelectorExpr:
			w.lookedUp(fr, n)
		case *ast.IndexExpr:
			w.index(fr, n)
		case *ast.BinaryExpr:
			w.divide(fr, n)
		}
		return true
	})
}

// deferred handles defer: a recover protects the rest of the body, an Unlock
// keeps the lock until the end, and everything else runs like a call.
func (w *walker) deferred(fr *frame, n *ast.DeferStmt) {
	switch fun := ast.Unparen(n.Call.Fun).(type) {
	case *ast.FuncLit:
		if w.recovers(fun.Body) {
			fr.protected = true
			return
		}
		w.literal(fr, fun, nil)
	default:
		fn := typeutil.StaticCallee(w.info, n.Call)
		if fn == nil {
			return
		}
		decl := w.decls[fn]
		switch {
		case decl != nil && w.recovers(decl.Body):
			fr.protected = true
		case decl == nil && w.mayRecover(fn):
			fr.protected = true
		case decl != nil:
			w.enter(fr, fn, n.Call)
		}
	}
}

// mayRecover reports whether a deferred function of another package can be one
// that recovers: nothing is known of its body, so it gets the benefit.
func (w *walker) mayRecover(fn *types.Func) bool {
	if fn.Pkg() == nil || isStd(fn.Pkg().Path()) || fn.Pkg() == w.pass.Pkg {
		return false
	}
	return fn.Signature().Recv() == nil && fn.Signature().Results().Len() == 0
}

// recovers reports whether a deferred body calls recover itself and does not
// panic again.
func (p *program) recovers(body *ast.BlockStmt) bool {
	found, again := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			found = found || p.isBuiltin(n, "recover")
			again = again || p.isBuiltin(n, "panic")
		}
		return true
	})
	return found && !again
}

func (p *program) isBuiltin(call *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := p.info.Uses[id].(*types.Builtin)
	return ok && b.Name() == name
}

// call handles one call; it returns false when it has walked the operands.
func (w *walker) call(fr *frame, call *ast.CallExpr) bool {
	if tv, ok := w.info.Types[call.Fun]; ok && tv.IsType() {
		return true
	}
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		for _, arg := range call.Args {
			w.block(fr, arg)
		}
		w.literal(fr, lit, nil)
		return false
	}
	if w.isBuiltin(call, "panic") {
		w.add(fr, risk{kind: "panic", rank: rankPanic, node: call, msg: msgPanic})
		return true
	}
	if w.isBuiltin(call, "delete") || w.isBuiltin(call, "clear") {
		w.mapAccess(fr, call.Args[0], true)
		return true
	}
	fn := typeutil.Callee(w.info, call)
	switch fn := fn.(type) {
	case *types.Func:
		w.method(fr, fn, call)
	case *types.Var:
		w.value(fr, call)
	case nil:
		w.value(fr, call)
	}
	return true
}

// literal walks a function literal that runs where it stands.
func (w *walker) literal(fr *frame, lit *ast.FuncLit, bound map[types.Object]binding) {
	if fr.depth >= maxDepth {
		return
	}
	inner := &frame{body: lit.Body, export: fr.export, protected: fr.protected, locked: fr.locked, depth: fr.depth + 1,
		bound: bound, outer: fr, seen: fr.seen, given: fr.given}
	w.block(inner, lit.Body)
}

// enter walks the body of a function of the package that is called statically.
func (w *walker) enter(fr *frame, fn *types.Func, call *ast.CallExpr) {
	decl := w.decls[fn]
	if decl == nil || decl.Body == nil || fr.depth >= maxDepth || fr.seen[fn] {
		return
	}
	seen := map[*types.Func]bool{fn: true}
	for f := range fr.seen {
		seen[f] = true
	}
	inner := &frame{body: decl.Body, protected: fr.protected, locked: fr.locked, depth: fr.depth + 1,
		bound: w.bind(fr, fn, call), seen: seen, given: w.passOn(fr, fn, call)}
	w.block(inner, decl.Body)
	// A helper that returns with the lock held, or that gives it back, changes
	// the frame of its caller.
	fr.locked = inner.locked
}

// bind notes the function literals among the arguments of a call.
func (w *walker) bind(fr *frame, fn *types.Func, call *ast.CallExpr) map[types.Object]binding {
	bound := make(map[types.Object]binding)
	params := fn.Signature().Params()
	for i, arg := range call.Args {
		if i >= params.Len() {
			break
		}
		switch arg := ast.Unparen(arg).(type) {
		case *ast.FuncLit:
			bound[params.At(i)] = binding{arg, fr}
		case *ast.Ident:
			if b, ok := fr.lookup(w.info.Uses[arg]); ok {
				bound[params.At(i)] = b
			}
		}
	}
	return bound
}

// passOn tells which parameters of fn hold a value that C passed.
func (w *walker) passOn(fr *frame, fn *types.Func, call *ast.CallExpr) map[types.Object]origin {
	given := make(map[types.Object]origin)
	params := fn.Signature().Params()
	for i, arg := range call.Args {
		if o := w.originFromC(fr, arg); i < params.Len() && o != 0 {
			given[params.At(i)] = o
		}
	}
	return given
}

func (fr *frame) lookup(obj types.Object) (binding, bool) {
	for f := fr; f != nil; f = f.outer {
		if b, ok := f.bound[obj]; ok {
			return b, true
		}
	}
	return binding{}, false
}

// fromC reports whether an expression is computed from what C passed, or from
// what a call of C returns for it.
func (w *walker) fromC(fr *frame, expr ast.Expr) bool {
	found := false
	ast.Inspect(expr, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			found = found || fr.given[w.info.Uses[id]] != 0
		}
		return !found
	})
	return found
}

func (w *walker) originFromC(fr *frame, expr ast.Expr) origin {
	switch {
	case w.plainValue(fr, expr) != nil:
		return asPassed
	case w.fromC(fr, expr):
		return computed
	}
	return 0
}

// paramsFromC returns what an export is given.
func paramsFromC(sig *types.Signature) map[types.Object]origin {
	given := make(map[types.Object]origin)
	for v := range sig.Params().Variables() {
		given[v] = asPassed
	}
	return given
}

// assign follows values from C into local variables, and looks at what is
// written.
func (w *walker) assign(fr *frame, n *ast.AssignStmt) {
	for i, lhs := range n.Lhs {
		rhs := n.Rhs[min(i, len(n.Rhs)-1)]
		if id, ok := lhs.(*ast.Ident); ok {
			if obj, o := w.objectOf(id), w.originFromC(fr, rhs); obj != nil && o != 0 {
				fr.given[obj] = o
			}
		}
		if ix, ok := ast.Unparen(lhs).(*ast.IndexExpr); ok && n.Tok != token.DEFINE {
			w.mapWrite(fr, ix)
		}
	}
}

func (p *program) objectOf(id *ast.Ident) types.Object {
	if obj := p.info.Defs[id]; obj != nil {
		return obj
	}
	return p.info.Uses[id]
}
