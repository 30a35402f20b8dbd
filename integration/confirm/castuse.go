package confirm

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/integration/finding"
)

// usesOfFields plans what is put around the places where fields of the planned
// structs are read.
//
// A program may look at bytes through a struct and then refuse them: it compares a
// magic number, a version or a checksum with what it expects. So it is not enough
// that a cast gives wrong values; they must be taken for what they are not. A field
// that is compared anywhere, by itself or through a variable or function that is
// its value, counts as one of those that are checked.
func (c *caster) usesOfFields() {
	u := &fieldUses{caster: c, checked: make(map[string]bool), changed: make(map[string]bool), carriers: make(map[types.Object]string)}
	// What a variable or function carries is known only when all has been seen.
	for range 2 {
		for _, p := range c.pkgs {
			for _, f := range p.Syntax {
				ast.PreorderStack(f, nil, func(n ast.Node, stack []ast.Node) bool {
					u.look(p, n, stack)
					return true
				})
			}
		}
	}
	for i := range c.plan.uses {
		use := &c.plan.uses[i]
		key := fmt.Sprint(use.structType, use.field)
		use.check, use.changes = u.checked[key], u.changed[key]
	}
}

type fieldUses struct {
	*caster
	checked  map[string]bool         // by struct and field
	changed  map[string]bool         // the same: the program writes the field, or may
	carriers map[types.Object]string // struct and field whose value a variable or function has
	planned  map[ast.Expr]bool
}

// look notes a node that reads a field, or something that carries its value.
func (u *fieldUses) look(p *packages.Package, n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.Ident:
		if carried, ok := u.carriers[p.TypesInfo.Uses[n]]; ok && u.decides(p, stack) {
			u.checked[carried] = true
		}
	case *ast.SelectorExpr:
		structType, field := u.field(p, n)
		if structType < 0 {
			return
		}
		key := fmt.Sprint(structType, field)
		if u.decides(p, stack) {
			u.checked[key] = true
		}
		if object := carrier(p, n, stack); object != nil {
			u.carriers[object] = key
		}
		e := readOf(p, n, stack)
		if e == nil {
			u.changed[key] = true
		}
		if e != nil && !u.planned[e] && len(u.plan.uses) < maxSites {
			if u.planned == nil {
				u.planned = make(map[ast.Expr]bool)
			}
			u.planned[e] = true
			posn := p.Fset.Position(n.Sel.Pos())
			u.plan.uses = append(u.plan.uses, plannedUse{structType: structType, field: field,
				place: finding.Position{File: posn.Filename, Line: posn.Line, Column: posn.Column}})
			u.putAround(p, e.Pos(), e.End(), fmt.Sprintf("%s.Use(%d, ", probeName, len(u.plan.uses)-1), ")")
		}
	}
}

// field returns the planned struct that a selector reads of, and the path of the
// field from it; the struct is -1 when there is none.
func (u *fieldUses) field(p *packages.Package, sel *ast.SelectorExpr) (structType int, path string) {
	for e := ast.Expr(sel); ; {
		s, ok := ast.Unparen(e).(*ast.SelectorExpr)
		if !ok {
			return -1, ""
		}
		selection := p.TypesInfo.Selections[s]
		if selection == nil || selection.Kind() != types.FieldVal {
			return -1, ""
		}
		path = pathOf(selection) + path
		if named := structIn(selection.Recv()); named != nil {
			for i, st := range u.plan.structs {
				if st.object == named.Origin().Obj() {
					return i, path[:len(path)-1]
				}
			}
		}
		e = s.X
	}
}

// pathOf writes the fields that a selection goes through, embedded ones too,
// each with a dot behind it.
func pathOf(s *types.Selection) (path string) {
	t := s.Recv()
	for _, i := range s.Index() {
		if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return ""
		}
		path += st.Field(i).Name() + "."
		t = st.Field(i).Type()
	}
	return path
}

// readOf returns the expression that has the value of a selected field: the selector
// itself, or the call that loads an atomic value. It is nil where the field is
// written, or its address is taken.
func readOf(p *packages.Package, sel *ast.SelectorExpr, stack []ast.Node) ast.Expr {
	if len(stack) == 0 {
		return nil
	}
	info := p.TypesInfo
	parent := stack[len(stack)-1]
	if call := atomicLoad(p, sel, stack); call != nil {
		return call
	}
	b, ok := info.TypeOf(sel).Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsNumeric == 0 && b.Info()&types.IsBoolean == 0 && b.Kind() != types.UnsafePointer {
		return nil
	}
	switch n := parent.(type) {
	case *ast.AssignStmt:
		for _, l := range n.Lhs {
			if l == sel {
				return nil
			}
		}
	case *ast.IncDecStmt, *ast.SelectorExpr, *ast.ParenExpr:
		return nil
	case *ast.RangeStmt:
		if n.Key == sel || n.Value == sel {
			return nil
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return nil
		}
	case *ast.CallExpr: // unsafe.Offsetof takes nothing but a selector
		if info.Types[n].Value != nil {
			return nil
		}
		if fun, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
			if x, ok := fun.X.(*ast.Ident); ok && x.Name == "unsafe" {
				return nil
			}
		}
	}
	return sel
}

// atomicLoad returns the call that loads a field: t.F.Load() for one of the types of
// sync/atomic, atomic.LoadT(&t.F) for others.
func atomicLoad(p *packages.Package, sel *ast.SelectorExpr, stack []ast.Node) *ast.CallExpr {
	if len(stack) < 2 {
		return nil
	}
	call, ok := stack[len(stack)-2].(*ast.CallExpr)
	if !ok {
		return nil
	}
	var fun *ast.SelectorExpr
	switch n := stack[len(stack)-1].(type) {
	case *ast.SelectorExpr:
		if call.Fun == n {
			fun = n
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND && len(call.Args) == 1 && call.Args[0] == n {
			fun, _ = call.Fun.(*ast.SelectorExpr)
		}
	}
	if fun == nil {
		return nil
	}
	fn, ok := p.TypesInfo.Uses[fun.Sel].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() != "sync/atomic" || len(fn.Name()) < 4 || fn.Name()[:4] != "Load" {
		return nil
	}
	return call
}

// decides reports whether an expression is part of a comparison or of a condition,
// or an argument of a function that says no more than whether something is right.
// stack has what is around it, from the outside.
func (u *fieldUses) decides(p *packages.Package, stack []ast.Node) bool {
	for i := len(stack) - 1; i >= 0; i-- {
		var inner ast.Node
		if i+1 < len(stack) {
			inner = stack[i+1]
		}
		switch n := stack[i].(type) {
		case *ast.BinaryExpr:
			switch n.Op {
			case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ, token.LAND, token.LOR:
				return true
			}
		case *ast.CallExpr:
			if inner == nil && u.isVerdict(p, n) {
				return true
			}
		case *ast.IfStmt:
			return inner == nil || inner == n.Cond
		case *ast.SwitchStmt:
			return inner == nil || inner == n.Tag
		case *ast.CaseClause:
			for _, e := range n.List {
				if e == inner {
					return true
				}
			}
			return false
		case ast.Stmt, *ast.FuncLit:
			return false
		}
	}
	return false
}

// isVerdict reports whether a call says only whether its arguments are right: it
// returns a bool or, from a function of the program, an error.
func (u *fieldUses) isVerdict(p *packages.Package, call *ast.CallExpr) bool {
	t := p.TypesInfo.TypeOf(call)
	if t == nil {
		return false
	}
	if b, ok := t.Underlying().(*types.Basic); ok && b.Kind() == types.Bool {
		return !p.TypesInfo.Types[call.Fun].IsType()
	}
	fn, _ := typeutil.Callee(p.TypesInfo, call).(*types.Func)
	return fn != nil && fn.Pkg() != nil && slices.Contains(u.target.Packages, fn.Pkg().Path()) &&
		types.Identical(t, types.Universe.Lookup("error").Type())
}

// carrier returns the variable that is set to an expression, or the function that
// returns it.
func carrier(p *packages.Package, e ast.Expr, stack []ast.Node) types.Object {
	if len(stack) == 0 {
		return nil
	}
	switch n := stack[len(stack)-1].(type) {
	case *ast.AssignStmt:
		for i, r := range n.Rhs {
			if r == e && i < len(n.Lhs) && len(n.Lhs) == len(n.Rhs) {
				if id, ok := n.Lhs[i].(*ast.Ident); ok {
					return p.TypesInfo.ObjectOf(id)
				}
			}
		}
	case *ast.ValueSpec:
		for i, r := range n.Values {
			if r == e && i < len(n.Names) && len(n.Names) == len(n.Values) {
				return p.TypesInfo.Defs[n.Names[i]]
			}
		}
	case *ast.ReturnStmt:
		for i := len(stack) - 1; i >= 0; i-- {
			switch f := stack[i].(type) {
			case *ast.FuncLit:
				return nil
			case *ast.FuncDecl:
				return p.TypesInfo.Defs[f.Name]
			}
		}
	}
	return nil
}
