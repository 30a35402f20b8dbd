package structcast

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// exact reports whether the size of t is fixed, at compile time or by a check
// that stops the program.
func (g *guards) exact(t types.Type) bool {
	k := key(t)
	return g.fixed[k] || g.lower[k] && g.upper[k]
}

// versioned reports whether the bytes of a site are checked for a version, in
// the struct, in a struct over the same bytes, or before the cast.
func (g *guards) versioned(s *site) bool {
	if g.magic[key(s.elem)] || g.c.versionedType(s.elem) || g.producers[s.src.Node] || s.src.Handle != nil && g.validated[s.src.Handle] {
		return true
	}
	for obj := range s.res.Objects {
		if g.validated[obj] && holdsBytes(obj.Type()) {
			return true
		}
	}
	for _, cmp := range g.compares {
		if cmp.exit && (g.isVersion(cmp.x, cmp.y) && g.speaksOf(cmp.x, s) || g.isVersion(cmp.y, cmp.x) && g.speaksOf(cmp.y, s)) {
			return true
		}
	}
	return false
}

// speaksOf reports whether e is made of the site's bytes, or was read before
// them from the same file or connection.
func (g *guards) speaksOf(e ast.Expr, s *site) bool {
	if g.readsBytes(e, s, 0) {
		return true
	}
	if s.src.Handle == nil {
		return false
	}
	res := g.traces[e]
	if res == nil {
		res = g.c.origins().Trace(e)
		g.traces[e] = res
	}
	for _, src := range res.Sources {
		if src.Handle == s.src.Handle && src.Kind.Outside() {
			return true
		}
	}
	return false
}

// readsBytes reports whether e is made of the content of the site's bytes.
func (g *guards) readsBytes(e ast.Expr, s *site, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if found || g.isLength(n) {
			return false
		}
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj, _ := g.c.pass.TypesInfo.Uses[id].(*types.Var)
		if obj == nil {
			return true
		}
		if s.res.Objects[obj.Origin()] && holdsBytes(obj.Type()) {
			found = true
		} else if depth < 2 && !obj.IsField() {
			defs, _ := g.c.origins().Definitions(obj)
			for _, d := range defs {
				call, isCall := ast.Unparen(d).(*ast.CallExpr)
				count := isCall && g.c.origins().Known(call) && !holdsBytes(obj.Type())
				found = found || !count && g.readsBytes(d, s, depth+1)
			}
		}
		return !found
	})
	return found
}

func holdsBytes(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return isBytes(u.Elem())
	case *types.Pointer:
		return true
	case *types.Array:
		return isBytes(u)
	case *types.Basic:
		return u.Info()&types.IsString != 0 || u.Kind() == types.UnsafePointer
	}
	return false
}

// isLength reports whether n is len(x) or cap(x).
func (g *guards) isLength(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	return g.c.isBuiltin(call, "len") || g.c.isBuiltin(call, "cap")
}

// sized reports whether the length of the site's bytes is looked at: a
// comparison of len or of a file's size, a slice expression, or a buffer of a
// known size that a call fills whole.
func (g *guards) sized(s *site) bool {
	g.findLengths()
	for obj := range s.res.Objects {
		if g.measured[obj] {
			return true
		}
		if _, isArray := obj.Type().Underlying().(*types.Array); isArray {
			return true
		}
		defs, _ := g.c.origins().Definitions(obj)
		for _, d := range defs {
			if call, ok := ast.Unparen(d).(*ast.CallExpr); ok {
				if g.c.isBuiltin(call, "make") {
					return true
				}
			}
		}
	}
	return s.viewed || g.fileSized(s.src.Node) || g.fileSized(s.node)
}

// fileSized reports whether the function around node compares the size of a file.
func (g *guards) fileSized(node ast.Node) bool {
	if node == nil {
		return false
	}
	found := false
	for _, f := range g.c.pass.Files {
		if node.Pos() < f.FileStart || f.FileEnd <= node.Pos() {
			continue
		}
		for _, d := range f.Decls {
			if d.Pos() <= node.Pos() && node.Pos() < d.End() {
				ast.Inspect(d, func(n ast.Node) bool {
					cmp, ok := n.(*ast.BinaryExpr)
					found = found || ok && comparison[cmp.Op] && (g.isFileSize(cmp.X) || g.isFileSize(cmp.Y))
					return !found
				})
			}
		}
	}
	return found
}

var comparison = map[token.Token]bool{token.LSS: true, token.LEQ: true, token.GTR: true, token.GEQ: true, token.EQL: true, token.NEQ: true}

// isFileSize reports whether e is made of the size of a file.
func (g *guards) isFileSize(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || g.sizeCall(n)
		case *ast.Ident:
			defs, _ := g.c.origins().Definitions(g.c.pass.TypesInfo.Uses[n])
			for _, d := range defs {
				ast.Inspect(d, func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					found = found || ok && g.sizeCall(call)
					return !found
				})
			}
		}
		return !found
	})
	return found
}

func (g *guards) sizeCall(call *ast.CallExpr) bool {
	fn := g.c.origins().Callee(call)
	return fn != nil && fn.FullName() == "(io/fs.FileInfo).Size"
}

// findLengths collects the variables whose length some statement looks at, and
// the functions of file sizes.
func (g *guards) findLengths() {
	if g.measured != nil {
		return
	}
	g.measured = make(map[types.Object]bool)
	origins := g.c.origins()
	for _, f := range g.c.pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if g.isLength(n) {
					g.measured[origins.Root(n.Args[0])] = true
				}
			case *ast.SliceExpr:
				if n.High != nil {
					g.measured[origins.Root(n.X)] = true
				}
			}
			return true
		})
	}
	delete(g.measured, nil)
}

// sizeCheck notes if unsafe.Sizeof(T{}) != 32 { panic(...) } and the same with
// the whole length of the bytes or a stored size in place of the constant. A
// count of bytes read is none of these: a longer file satisfies it.
func (g *guards) sizeCheck(e *ast.BinaryExpr, exit bool) {
	if !exit {
		return
	}
	for _, sides := range [][2]ast.Expr{{e.X, e.Y}, {e.Y, e.X}} {
		if !g.isWhole(sides[1], 0) {
			continue
		}
		for _, t := range g.sizeofs(sides[0]) {
			// The size of a type parameter is no constant.
			if g.c.pass.TypesInfo.Types[sides[0]].Value != nil || !sizable(t) && g.isSizeof(sides[0]) {
				g.fixed[key(t)] = true
			}
		}
	}
}

// isSizeof reports whether e is unsafe.Sizeof, converted or not.
func (g *guards) isSizeof(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if ok && g.c.pass.TypesInfo.Types[call.Fun].IsType() && len(call.Args) == 1 {
		return g.isSizeof(call.Args[0])
	}
	return ok && g.c.isBuiltin(call, "Sizeof")
}

// isWhole reports whether e is a constant, the length of bytes, the size of a
// file, a datagram's length or a stored field.
func (g *guards) isWhole(e ast.Expr, depth int) bool {
	if depth > 4 {
		return false
	}
	e = ast.Unparen(e)
	info := g.c.pass.TypesInfo
	if info.Types[e].Value != nil || g.isLength(e) {
		return true
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		if info.Types[e.Fun].IsType() && len(e.Args) == 1 {
			return g.isWhole(e.Args[0], depth+1)
		}
		fn := g.c.origins().Callee(e)
		return g.sizeCall(e) || fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "encoding/binary"
	case *ast.SelectorExpr:
		s := info.Selections[e]
		return s != nil && s.Kind() == types.FieldVal
	case *ast.Ident:
		defs, _ := g.c.origins().Definitions(info.Uses[e])
		for _, d := range defs {
			call, ok := ast.Unparen(d).(*ast.CallExpr)
			if ok && (g.datagram(call) || g.isWhole(call, depth+1)) {
				return true
			}
		}
	}
	return false
}

// datagram reports whether call reads one packet, whose length is the sender's.
func (g *guards) datagram(call *ast.CallExpr) bool {
	fn := g.c.origins().Callee(call)
	if fn == nil {
		return false
	}
	name := fn.FullName()
	return strings.HasPrefix(name, "(*net.UDPConn).") || strings.HasPrefix(name, "(net.PacketConn).") ||
		strings.HasPrefix(name, "(*net.UnixConn).Read")
}

// declaration notes compile-time checks: const _ = uint(unsafe.Sizeof(T{}) - 32)
// and its mirror, array lengths, array indexes, negations and map keys.
func (g *guards) declaration(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.Name == "_" {
				g.assertion(spec.Type)
			}
		case *ast.ValueSpec:
			g.blank(spec)
		}
	}
}

func (g *guards) blank(spec *ast.ValueSpec) {
	if spec.Names[0].Name != "_" {
		return
	}
	if spec.Type != nil {
		g.assertion(spec.Type)
	}
	for _, val := range spec.Values {
		g.assertion(val)
		if spec.Type != nil { // var _ [32]byte = [unsafe.Sizeof(T{})]byte{}
			g.lengths(spec.Type)
			g.lengths(val)
		}
	}
}

// lengths notes structs whose size is the length of an array that must be
// identical to another.
func (g *guards) lengths(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		if a, ok := n.(*ast.ArrayType); ok && a.Len != nil {
			if _, isDiff := ast.Unparen(a.Len).(*ast.BinaryExpr); !isDiff {
				g.fix(a.Len)
			}
		}
		return true
	})
}

func (g *guards) fix(e ast.Expr) {
	for _, t := range g.sizeofs(e) {
		g.fixed[key(t)] = true
	}
}

// assertion notes what a blank constant or variable asserts.
func (g *guards) assertion(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr: // [1]struct{}{}[Sizeof-32]: only 0 is a valid index
			if g.arrayLen(n.X) == 1 {
				g.fix(n.Index)
				return false
			}
		case *ast.UnaryExpr: // -uint(Sizeof-32): overflows unless 0
			if n.Op == token.SUB {
				g.fix(n.X)
				return false
			}
		case *ast.KeyValueExpr: // map[bool]struct{}{false: {}, Sizeof == 32: {}}
			if cmp, ok := ast.Unparen(n.Key).(*ast.BinaryExpr); ok && cmp.Op == token.EQL {
				g.fix(cmp)
			}
		case *ast.BinaryExpr:
			if n.Op == token.SUB {
				g.bound(n)
			}
		}
		return true
	})
}

// bound notes an unsigned difference, which must not be negative. Where it is
// the length of an array, both directions make a pair as well.
func (g *guards) bound(diff *ast.BinaryExpr) {
	for _, t := range g.sizeofs(diff.X) {
		g.lower[key(t)] = true
	}
	for _, t := range g.sizeofs(diff.Y) {
		g.upper[key(t)] = true
	}
}

func (g *guards) arrayLen(e ast.Expr) int64 {
	if t := g.c.pass.TypesInfo.TypeOf(e); t != nil {
		if a, ok := t.Underlying().(*types.Array); ok {
			return a.Len()
		}
	}
	return -1
}

// sizeofs returns the types whose unsafe.Sizeof is part of e.
func (g *guards) sizeofs(e ast.Expr) []types.Type {
	var list []types.Type
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if val := g.consts[g.c.pass.TypesInfo.Uses[id]]; val != nil && val != e {
				list = append(list, g.sizeofs(val)...)
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if g.c.isBuiltin(call, "Sizeof") {
			if t := g.c.pass.TypesInfo.TypeOf(call.Args[0]); t != nil {
				list = append(list, t)
			}
		}
		return true
	})
	return list
}
