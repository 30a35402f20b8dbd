package structcast

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

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
