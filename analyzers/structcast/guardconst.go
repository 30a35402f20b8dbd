package structcast

import (
	"go/ast"
	"go/token"
	"go/types"
)

// exact reports whether the size of t is fixed, at compile time or by a check
// that stops the program.
func (g *guards) exact(t types.Type) bool {
	k := key(t)
	return g.fixed[k] || g.lower[k] && g.upper[k]
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
