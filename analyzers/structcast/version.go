package structcast

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// fieldCheck notes the structs along x = s.header.version when y is a version.
// Where s itself holds the bytes, as an image does beside its decoded header, a
// check that leaves speaks for them too.
func (g *guards) fieldCheck(x, y ast.Expr, exit bool) {
	if !g.isVersion(x, y) {
		return
	}
	owner := types.Type(nil) // of the compared field
	ast.Inspect(x, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if s := g.c.pass.TypesInfo.Selections[sel]; s != nil && s.Kind() == types.FieldVal {
			t := s.Recv()
			if p, ok := t.Underlying().(*types.Pointer); ok {
				t = p.Elem()
			}
			if owner == nil {
				owner = t
			} else if exit {
				g.hold(t)
			}
			g.magic[key(t)] = true
		}
		return true
	})
}

// hold notes the fields of a struct that has a checked header as a part.
func (g *guards) hold(t types.Type) {
	if st, ok := t.Underlying().(*types.Struct); ok {
		for f := range st.Fields() {
			g.validated[f.Origin()] = true
		}
	}
}

// isVersion reports whether y, compared to x, can be a version, a magic or a
// layout hash: a constant other than zero that is not one of the states of an
// enumeration, a variable of the package, or a call that does not see x.
func (g *guards) isVersion(x, y ast.Expr) bool {
	info := g.c.pass.TypesInfo
	y = ast.Unparen(y)
	if tv := info.Types[y]; tv.Value != nil {
		return nonzero(tv.Value) && (large(tv.Value) || !g.enumerated(info.TypeOf(x)))
	}
	switch y := y.(type) {
	case *ast.Ident:
		obj, _ := info.Uses[y].(*types.Var)
		if obj == nil {
			return false
		}
		return obj.Parent() == g.c.pass.Pkg.Scope() && !types.Implements(obj.Type(), errorType) || g.hashed(obj)
	case *ast.SliceExpr:
		return g.isVersion(x, y.X)
	case *ast.CallExpr:
		if info.Types[y.Fun].IsType() && len(y.Args) == 1 {
			return g.isVersion(x, y.Args[0])
		}
		return isHash(g.c.origins().Callee(y)) || g.ownFunction(y)
	}
	return false
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// ownFunction reports whether y calls a function without arguments of the
// package: func layoutHash() uint64.
func (g *guards) ownFunction(y *ast.CallExpr) bool {
	fn := g.c.origins().Callee(y)
	return fn != nil && len(y.Args) == 0 && fn.Pkg() == g.c.pass.Pkg && fn.Signature().Recv() == nil
}

// hashed reports whether a local variable holds a checksum.
func (g *guards) hashed(obj *types.Var) bool {
	defs, _ := g.c.origins().Definitions(obj)
	for _, d := range defs {
		if call, ok := ast.Unparen(d).(*ast.CallExpr); ok && (isHash(g.c.origins().Callee(call)) || g.ownFunction(call)) {
			return true
		}
	}
	return false
}

// isHash reports whether fn computes a checksum: what it was stored in is then
// found damaged when the layout moved.
func isHash(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() {
	case "hash", "hash/crc32", "hash/crc64", "hash/adler32", "hash/fnv", "hash/maphash", "crypto/sha256", "crypto/sha1", "crypto/md5",
		"github.com/cespare/xxhash", "github.com/cespare/xxhash/v2":
		return true
	}
	return false
}

// enumerated reports whether t is a named type with several constants in its
// package: a field of it is a state or a tag, not a version.
func (g *guards) enumerated(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	if known, ok := g.enums[named]; ok {
		return known
	}
	scope, n := named.Obj().Pkg().Scope(), 0
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), t) {
			n++
		}
	}
	g.enums[named] = n > 1
	return n > 1
}

func nonzero(v constant.Value) bool {
	switch v.Kind() {
	case constant.String:
		return constant.StringVal(v) != ""
	case constant.Int, constant.Float:
		return constant.Sign(v) != 0
	}
	return false
}

// large reports whether v is too large or too long for a state.
func large(v constant.Value) bool {
	if v.Kind() == constant.String {
		return true
	}
	n, exact := constant.Int64Val(constant.ToInt(v))
	return !exact || n > 1<<15 || n < 0
}
