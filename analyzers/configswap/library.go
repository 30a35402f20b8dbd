package configswap

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/access"
	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// expected decides about a write that no trigger in the package leads to: do
// the authors expect it to run while others use the state? They do when they
// lock one side of a replacement, or when the object's life cycle needs several
// goroutines.
func (c *checker) expected(w, r *access.Access, wctx, rctx lifecycle.Context) bool {
	if r.In.Outermost() == w.In.Outermost() && r.In == w.In || w.Op != access.Replace {
		return c.wrongLock(w, r)
	}
	switch {
	case !c.comesFromOutside(w):
		return false
	case wctx.Root.Kind == lifecycle.Goroutine && rctx.Root.Kind == lifecycle.Handler && w.Value != nil && isCallExpr(w.Value) && !isScalar(w.Cell.Var.Type()):
		// A watcher of the package's own, with a channel or sleep of its own.
		return c.shared.holds(w) && (wctx.Trigger != nil && wctx.Trigger.Loop || c.state.EndlessLoop(w.In, w.Node.Pos()) != nil)
	case len(w.Locks) > 0 && len(r.Locks) == 0:
		return wctx.Root.Entry == w.In && c.isSetting(w) && !c.initializes(r) && c.ownObject(r) && c.fieldsSet(w.In) <= maxExchanged && c.lockIsRule(w)
	case wctx.Root.Kind == lifecycle.Exported && rctx.Root.Kind == lifecycle.Exported && len(w.Locks) == 0 && len(r.Locks) == 0:
		return c.lifeObject(w, r)
	}
	return false
}

// initializes reports whether a is a write of an empty or literal value: what a
// method does that prepares an object before others have it.
func (c *checker) initializes(a *access.Access) bool {
	if a.Op != access.Replace || a.Value == nil {
		return false
	}
	switch v := ast.Unparen(a.Value).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		id, ok := ast.Unparen(v.Fun).(*ast.Ident)
		if !ok {
			return false
		}
		_, builtin := c.pass.TypesInfo.Uses[id].(*types.Builtin)
		return builtin && id.Name == "make"
	}
	return false
}

// isNumber reports whether t is a number or a flag: what requests set of that
// kind are counters and states.
func isNumber(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString == 0
}

// isScalar reports whether t is a number, a string or a flag. A library's own
// such field is a name or a counter more often than a setting.
func isScalar(t types.Type) bool {
	_, ok := t.Underlying().(*types.Basic)
	return ok
}

// ownObject reports whether r works on the receiver of its method or on a
// variable of the package, not on an object that it got or made.
func (c *checker) ownObject(r *access.Access) bool {
	if r.Cell.Owner != access.Field {
		return true
	}
	for e := r.Base; ; {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.Ident:
			v, ok := c.pass.TypesInfo.ObjectOf(x).(*types.Var)
			decl := r.In.Outermost().Decl
			isReceiver := decl != nil && decl.Recv != nil && len(decl.Recv.List[0].Names) > 0 && c.pass.TypesInfo.Defs[decl.Recv.List[0].Names[0]] == v
			return ok && (isReceiver || !isLocal(v))
		default:
			return false
		}
	}
}

// isSetting reports whether what w writes can be a library's setting: neither a
// number, a name or a flag, nor a function to call back, nor a file, connection
// or buffer that the object works with.
func (c *checker) isSetting(w *access.Access) bool {
	t := c.pass.TypesInfo.TypeOf(w.Node)
	if t == nil || isScalar(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		return false
	case *types.Pointer:
		t = u.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return true
	}
	switch named.Obj().Pkg().Path() {
	case "bufio", "bytes", "container/heap", "container/list", "container/ring", "io", "log", "net", "os", "strings":
		return false
	}
	return true
}

// maxExchanged is how many fields a function may set that exchanges one value;
// one that sets more prepares the object.
const maxExchanged = 2

// fieldsSet counts the fields that f replaces.
func (c *checker) fieldsSet(f *lifecycle.Func) int {
	if c.sets == nil {
		c.sets = make(map[*lifecycle.Func]int)
		for _, cell := range c.state.Cells {
			seen := make(map[*lifecycle.Func]bool)
			for _, a := range cell.Accesses {
				if a.Op == access.Replace && !seen[a.In] {
					seen[a.In] = true
					c.sets[a.In]++
				}
			}
		}
	}
	return c.sets[f]
}

// lockIsRule reports whether the other functions that use the state of w take
// its lock, at least as many as do not: then the lock is the state's, and the
// rest forgot it.
func (c *checker) lockIsRule(w *access.Access) bool {
	locked, bare := make(map[*lifecycle.Func]bool), make(map[*lifecycle.Func]bool)
	for _, a := range w.Cell.Accesses {
		f := a.In.Outermost()
		switch {
		case a.Setup || f == w.In.Outermost():
		case c.state.Excluded(w, a):
			locked[f] = true
		default:
			bare[f] = true
		}
	}
	return len(locked) > 0 && len(locked) >= len(bare)
}

// wrongLock reports whether r uses a map that w changes, and takes a lock for
// that which is not the map's: elsewhere in the same function, r's author takes
// the lock that w holds, and the map is only changed under it by a goroutine of
// the package.
func (c *checker) wrongLock(w, r *access.Access) bool {
	if w.Op != access.InPlace || r.In == w.In || len(w.Locks) == 0 || len(r.Locks) == 0 || !c.runsIn(w, lifecycle.Goroutine) {
		return false
	}
	for _, a := range w.Cell.Accesses {
		if a.In == r.In && a.Op == access.InPlace && c.state.Excluded(w, a) {
			return true
		}
	}
	return false
}

// runsIn reports whether a may run under a root of the kind.
func (c *checker) runsIn(a *access.Access, kind lifecycle.RootKind) bool {
	for _, ctx := range c.state.ContextsAt(a.In, a.Node.Pos()) {
		if ctx.Root.Kind == kind {
			return true
		}
	}
	return false
}

// lifeObject reports whether the object of w has a life cycle that takes two
// goroutines, one of them blocked in a method that another method releases, and
// the function of w looks at the value that it replaces: it is called again.
func (c *checker) lifeObject(w, r *access.Access) bool {
	if w.Cell.Owner != access.Field || !c.consults(w) {
		return false
	}
	t := receiverType(w.In)
	if t == nil || t != receiverType(r.In) {
		return false
	}
	return c.blocksAndReleases(t)
}

// consults reports whether the function of w reads the cell before it writes.
func (c *checker) consults(w *access.Access) bool {
	for _, a := range w.Cell.Accesses {
		if a.Op == access.Read && a.In == w.In && a.Node.Pos() < w.Node.Pos() {
			return true
		}
	}
	return false
}

// receiverType returns the type whose method f is, nil for no method.
func receiverType(f *lifecycle.Func) *types.TypeName {
	if f.Obj == nil {
		return nil
	}
	recv := f.Obj.Signature().Recv()
	if recv == nil {
		return nil
	}
	t := recv.Type()
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return nil
	}
	return named.Origin().Obj()
}

// blocksAndReleases reports whether one exported method of t waits for a channel
// of the object that another method closes or sends to.
func (c *checker) blocksAndReleases(t *types.TypeName) bool {
	known, ok := c.released[t]
	if !ok {
		known = c.findRelease(t)
		c.released[t] = known
	}
	return known
}

func (c *checker) findRelease(t *types.TypeName) bool {
	waits := make(map[types.Object]*lifecycle.Func)
	frees := make(map[types.Object]*lifecycle.Func)
	for _, f := range c.life.Funcs() {
		if receiverType(f) != t || !f.Obj.Exported() {
			continue
		}
		ast.Inspect(f.Body(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					if obj := lifecycle.ObjectOf(c.pass.TypesInfo, n.X); obj != nil {
						waits[obj] = f
					}
				}
			case *ast.SendStmt:
				if obj := lifecycle.ObjectOf(c.pass.TypesInfo, n.Chan); obj != nil {
					frees[obj] = f
				}
			case *ast.CallExpr:
				if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && id.Name == "close" && len(n.Args) == 1 {
					if obj := lifecycle.ObjectOf(c.pass.TypesInfo, n.Args[0]); obj != nil {
						frees[obj] = f
					}
				}
			}
			return true
		})
	}
	for obj, f := range waits {
		v, ok := obj.(*types.Var)
		if g := frees[obj]; ok && v.IsField() && g != nil && g != f {
			return true
		}
	}
	return false
}
