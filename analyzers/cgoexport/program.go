package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// program is what the package as a whole says: its functions, the variables
// that they share and the function values that go around in it.
type program struct {
	pass    *analysis.Pass
	info    *types.Info
	cgo     *cgosource.Package // nil in a package without exports
	life    *lifecycle.Package
	decls   map[*types.Func]*ast.FuncDecl
	commaOK map[ast.Expr]bool
	uses    map[*types.Var][]access
	// taken are the functions and literals whose value is used.
	taken   []candidate
	entered map[ast.Node]bool // bodies of candidates under way
	threads map[string]bool   // exports that C threads call
	inits   []ast.Decl        // declarations of variables
	// accepted answers, by type, whether users of the package hand it in.
	accepted map[string]bool
}

// An access is one use of a package-level variable or field.
type access struct {
	node   ast.Node
	in     *ast.FuncDecl // nil in an initializer
	rhs    ast.Expr      // of a plain assignment
	write  bool          // assigned, or the map it holds changed
	drop   bool          // entries are removed or the whole is replaced
	locked bool
}

// A candidate is a function that may be behind a value of its signature.
type candidate struct {
	sig  *types.Signature
	node ast.Node
	lit  *ast.FuncLit
	fn   *types.Func
}

func newProgram(pass *analysis.Pass, cgo *cgosource.Package) *program {
	p := &program{
		pass: pass, info: pass.TypesInfo, cgo: cgo, life: lifecycle.Of(pass),
		decls:    make(map[*types.Func]*ast.FuncDecl),
		commaOK:  make(map[ast.Expr]bool),
		uses:     make(map[*types.Var][]access),
		entered:  make(map[ast.Node]bool),
		threads:  make(map[string]bool),
		accepted: make(map[string]bool),
	}
	for _, f := range pass.Files {
		// cmd/cgo's own files are no code of the user.
		if strings.HasPrefix(filepath.Base(pass.Fset.PositionFor(f.Package, false).Filename), "_cgo_") {
			continue
		}
		// Nor are tests the program that is updated.
		if strings.HasSuffix(pass.Fset.Position(f.Package).Filename, "_test.go") {
			continue
		}
		for _, decl := range f.Decls {
			fd, _ := decl.(*ast.FuncDecl)
			if fd != nil {
				if fn, ok := p.info.Defs[fd.Name].(*types.Func); ok && fd.Body != nil {
					p.decls[fn] = fd
				}
			}
			if fd == nil {
				p.inits = append(p.inits, decl)
			}
			p.collect(decl, fd)
		}
	}
	if cgo == nil {
		return p
	}
	for _, root := range cgo.C.ThreadRoots() {
		for _, r := range cgo.C.Reach(root.Name) {
			p.threads[r.Entry] = true
		}
	}
	return p
}

// collect notes what one declaration uses and takes the value of.
func (p *program) collect(decl ast.Decl, in *ast.FuncDecl) {
	called := make(map[ast.Expr]bool)
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			p.collectAssign(n, in)
		case *ast.ValueSpec:
			p.collectSpec(n)
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && p.variable(key) != nil {
				p.note(key, access{node: n, in: in, write: true, rhs: n.Value})
			}
		case *ast.IncDecStmt:
			if ix, ok := n.X.(*ast.IndexExpr); ok {
				p.note(ix.X, access{node: n, in: in, write: true})
			}
		case *ast.CallExpr:
			called[ast.Unparen(n.Fun)] = true
			if p.isBuiltin(n, "delete") || p.isBuiltin(n, "clear") {
				p.note(n.Args[0], access{node: n, in: in, write: true, drop: true})
			}
			p.collectMethod(n, in)
		case *ast.FuncLit:
			if sig, ok := p.info.TypeOf(n).(*types.Signature); ok && !called[n] {
				p.taken = append(p.taken, candidate{sig: sig, node: n, lit: n})
			}
		case *ast.SelectorExpr:
			p.collectName(n, n.Sel, in, called[n])
			called[n.Sel] = true
		case *ast.Ident:
			p.collectName(n, n, in, called[n])
		}
		return true
	})
}

// collectName notes a use of a variable, or a function used as a value.
func (p *program) collectName(n ast.Expr, id *ast.Ident, in *ast.FuncDecl, called bool) {
	switch obj := p.info.Uses[id].(type) {
	case *types.Var:
		if n == ast.Expr(id) && obj.IsField() {
			return // seen with its selector
		}
		p.note(n, access{node: n, in: in})
	case *types.Func:
		if !called && obj.Pkg() == p.pass.Pkg {
			p.taken = append(p.taken, candidate{sig: obj.Signature(), node: n, fn: obj})
		}
	}
}

func (p *program) collectAssign(n *ast.AssignStmt, in *ast.FuncDecl) {
	for i, lhs := range n.Lhs {
		switch lhs := ast.Unparen(lhs).(type) {
		case *ast.IndexExpr:
			p.note(lhs.X, access{node: n, in: in, write: true})
		case *ast.Ident, *ast.SelectorExpr:
			// What a function does to an object of its own is its construction.
			a := access{node: n, in: in, write: true, drop: !p.local(lhs, in)}
			if len(n.Lhs) == len(n.Rhs) {
				a.rhs = n.Rhs[i]
			}
			p.note(lhs, a)
		}
	}
	if len(n.Lhs) == 2 && len(n.Rhs) == 1 && !isBlank(n.Lhs[1]) {
		p.commaOK[ast.Unparen(n.Rhs[0])] = true
	} else if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
		// v, _ := x.(T) does not panic either, but leaves v unchecked.
		if t, ok := ast.Unparen(n.Rhs[0]).(*ast.TypeAssertExpr); ok {
			p.commaOK[t] = true
		}
	}
}

// local reports whether expr is a field of a variable that the function declares
// in its body.
func (p *program) local(expr ast.Expr, in *ast.FuncDecl) bool {
	sel, ok := expr.(*ast.SelectorExpr)
	if !ok || in == nil {
		return false
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return false
	}
	obj := p.info.Uses[id]
	return obj != nil && in.Body.Pos() <= obj.Pos() && obj.Pos() < in.Body.End()
}

func (p *program) collectSpec(n *ast.ValueSpec) {
	if len(n.Names) == 2 && len(n.Values) == 1 {
		p.commaOK[ast.Unparen(n.Values[0])] = true
	}
	for i, name := range n.Names {
		if v, ok := p.info.Defs[name].(*types.Var); ok && i < len(n.Values) && shared(v) {
			p.uses[v] = append(p.uses[v], access{node: n, rhs: n.Values[i], write: true})
		}
	}
}

// collectMethod notes the methods that remove from a registry: those of
// sync.Map.
func (p *program) collectMethod(call *ast.CallExpr, in *ast.FuncDecl) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return
	}
	fn, ok := typeutil.Callee(p.info, call).(*types.Func)
	if !ok {
		return
	}
	switch fn.FullName() {
	case "(*sync.Map).Delete", "(*sync.Map).LoadAndDelete", "(*sync.Map).Clear", "(*sync.Map).CompareAndDelete",
		"(*sync/atomic.Value).Store", "(*sync/atomic.Value).Swap":
		p.note(sel.X, access{node: call, in: in, write: true, drop: true, locked: true})
	}
}

// note records an access to the variable that expr names, if it is shared.
func (p *program) note(expr ast.Expr, a access) {
	v := p.variable(expr)
	if v == nil {
		return
	}
	a.locked = a.locked || a.in != nil && p.lockedAt(a.in, a.node.Pos())
	p.uses[v] = append(p.uses[v], a)
}

// variable returns the package-level variable or the field that expr names.
func (p *program) variable(expr ast.Expr) *types.Var {
	var obj types.Object
	switch e := ast.Unparen(expr).(type) {
	case *ast.Ident:
		obj = p.objectOf(e)
	case *ast.SelectorExpr:
		obj = p.info.Uses[e.Sel]
	}
	if v, ok := obj.(*types.Var); ok && shared(v) {
		return v.Origin()
	}
	return nil
}

// shared reports whether other functions can get at v: it lives in the package
// or in an object.
func shared(v *types.Var) bool {
	return v.IsField() || v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// lockedAt reports whether a mutex is locked at pos by the text before it in
// the same function.
func (p *program) lockedAt(fd *ast.FuncDecl, pos token.Pos) bool {
	locked := false
	ast.Inspect(fd, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			return false
		case *ast.CallExpr:
			if n.Pos() < pos {
				locked = p.afterLock(n, locked)
			}
		}
		return true
	})
	return locked
}

// afterLock is the state of the lock after a call.
func (p *program) afterLock(call *ast.CallExpr, locked bool) bool {
	fn, ok := typeutil.Callee(p.info, call).(*types.Func)
	if !ok {
		return locked
	}
	switch fn.FullName() {
	case "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock", "(*sync.RWMutex).RLock", "(sync.Locker).Lock":
		return true
	case "(*sync.Mutex).Unlock", "(*sync.RWMutex).Unlock", "(*sync.RWMutex).RUnlock", "(sync.Locker).Unlock":
		return false
	}
	return locked
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

func isNil(info *types.Info, e ast.Expr) bool {
	return e != nil && info.Types[e].IsNil()
}

// isStd reports whether a package path is one of the standard library: its
// first element has no dot, and it is no module of the user's without one.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return stdRoots[first]
}

// stdRoots are the first path elements of the standard library, from $GOROOT/src.
var stdRoots = func() map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(`archive bufio builtin bytes cmp compress container context crypto database debug
		embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin
		reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak`) {
		set[name] = true
	}
	return set
}()
