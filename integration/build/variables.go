package build

import (
	"go/ast"
	"go/printer"
	"go/token"
	"strconv"
	"strings"
)

// statement returns the innermost statement of a list around pos. One that begins
// on the line goes before one that only contains it: in a file of cgo the column
// of a diagnostic may lie behind the statement that it is about, and a column may
// be that of a line which is indented in another way.
func (p *parsed) statement(pos token.Pos, line int) ast.Stmt {
	found := enclosing(p.ast, pos)
	if found != nil && p.file.Line(found.Pos()) == line {
		return found
	}
	var before, behind ast.Stmt
	ast.Inspect(p.ast, func(n ast.Node) bool {
		for _, s := range Statements(n) {
			switch {
			case p.file.Line(s.Pos()) != line:
			case s.End() <= pos:
				before = s
			case s.Pos() > pos && behind == nil:
				behind = s
			}
		}
		return true
	})
	for _, s := range []ast.Stmt{before, behind} {
		if s != nil {
			return s
		}
	}
	return found
}

// leaves reports whether nothing that stands behind s in its list is reached from
// it.
func leaves(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// innermost returns the body of the innermost function around pos, declared or
// literal.
func innermost(f *ast.File, pos token.Pos) (body *ast.BlockStmt) {
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos > n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			body = n.Body
		case *ast.FuncLit:
			body = n.Body
		}
		return true
	})
	return body
}

// address returns the statement that hands on the address of the variable at a
// place, nothing when that cannot be taken before stmt without doing anything
// else.
func (p *parsed) address(stmt ast.Stmt, pos token.Pos, s Site) string {
	if s.Pointer == "" && s.Pointee == "" || s.EndLine < 1 || s.EndLine > p.file.LineCount() {
		return ""
	}
	end := p.pos(s.EndLine, s.EndColumn)
	var place ast.Expr
	ast.Inspect(stmt, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && e.Pos() == pos && e.End() == end {
			place = e
		}
		return true
	})
	v, element := variable(place)
	if v == nil || declares(stmt, v) {
		return ""
	}
	call := s.Pointer
	if element {
		call = s.Pointee
	}
	if call == "" {
		return ""
	}
	return call + "func() any { return &" + text(v) + " })"
}

// variable returns the variable or field that e is, and whether e is only an
// element of it or what it points to. It returns nothing when to evaluate it again
// might do something.
func variable(e ast.Expr) (v ast.Expr, element bool) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.UnaryExpr:
			if x.Op != token.AND {
				return nil, false
			}
			e = x.X
		case *ast.IndexExpr:
			e, element = x.X, true
		case *ast.StarExpr:
			e, element = x.X, true
		default:
			if text(e) == "" || text(e) == "_" {
				return nil, false
			}
			return e, element
		}
	}
}

// text returns the source of a variable, or of a field of one, and nothing for
// any other expression.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.ParenExpr:
		return text(e.X)
	case *ast.StarExpr:
		if of := text(e.X); of != "" {
			return "(*" + of + ")"
		}
	case *ast.SelectorExpr:
		if of := text(e.X); of != "" {
			return of + "." + e.Sel.Name
		}
	}
	return ""
}

// declares reports whether the variable at the root of e may be one that stmt
// itself declares, and that does not exist before it.
func declares(stmt ast.Stmt, e ast.Expr) (found bool) {
	name := root(e)
	is := func(x ast.Expr) {
		if id, ok := x.(*ast.Ident); ok && id.Name == name {
			found = true
		}
	}
	ast.Inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if n.Tok == token.DEFINE {
					is(l)
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				is(n.Key)
				is(n.Value)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				is(id)
			}
		}
		return !found
	})
	return found
}

// root returns the name at the beginning of what text accepts.
func root(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.ParenExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.SelectorExpr:
		return root(e.X)
	}
	return ""
}

// compared returns the variable that stmt defines at pos, and what it is defined
// by, as arguments of a call, and the place of that call in the loop behind. It
// returns no place when there is none, or when to evaluate this again might do
// something.
func (p *parsed) compared(stmt ast.Stmt, pos token.Pos) (at token.Pos, text string) {
	assign, ok := stmt.(*ast.AssignStmt)
	body := loop(p.ast, pos)
	if !ok || body == nil || body.Pos() < stmt.End() || !p.declaresNothing(body) || len(assign.Lhs) != len(assign.Rhs) {
		return token.NoPos, ""
	}
	for i, l := range assign.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok || l.Pos() != pos || id.Name == "_" || !loadsOnly(assign.Rhs[i]) {
			continue
		}
		var b strings.Builder
		if printer.Fprint(&b, token.NewFileSet(), assign.Rhs[i]) != nil || strings.Contains(b.String(), "\n") {
			continue
		}
		return body.Lbrace + 1, id.Name + ", " + b.String()
	}
	return token.NoPos, ""
}

// declaresNothing reports whether body is that of a for statement that has no
// variables of its own, which could hide others.
func (p *parsed) declaresNothing(body *ast.BlockStmt) (plain bool) {
	ast.Inspect(p.ast, func(n ast.Node) bool {
		if loop, ok := n.(*ast.ForStmt); ok && loop.Body == body {
			plain = loop.Init == nil
		}
		return !plain
	})
	return plain
}

// loadsOnly reports whether e has the form of a variable, of a call without
// arguments, such as the Load of an atomic value or a getter, or of a call that is
// given a variable's address, such as atomic.LoadPointer.
func loadsOnly(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return loadsOnly(e.X)
	case *ast.ParenExpr:
		return loadsOnly(e.X)
	case *ast.StarExpr:
		return loadsOnly(e.X)
	case *ast.TypeAssertExpr:
		return loadsOnly(e.X)
	case *ast.UnaryExpr:
		return e.Op == token.AND && loadsOnly(e.X)
	case *ast.CallExpr:
		for _, arg := range e.Args {
			_, call := arg.(*ast.CallExpr)
			address, ok := arg.(*ast.UnaryExpr)
			if !call && !(ok && address.Op == token.AND) || !loadsOnly(arg) {
				return false
			}
		}
		return loadsOnly(e.Fun)
	}
	return false
}

// operand returns what a field is selected of: by the expression that the site
// spans or that begins there, or else by the last one on its line. Of several that
// begin there, the first that calls something is meant, or the shortest.
func (p *parsed) operand(pos token.Pos, s Site) ast.Expr {
	var spans, calling, short, last ast.Expr
	for _, sel := range p.fields() {
		switch {
		case sel.Pos() != pos && p.file.Line(sel.Pos()) == s.Line:
			last = sel.X
		case sel.Pos() != pos:
		case p.file.Line(sel.End()) == s.EndLine && p.column(sel.End()) == s.EndColumn:
			spans = sel.X
		default:
			if calls(sel.X) {
				calling = sel.X // outer nodes come first
			}
			short = sel.X
		}
	}
	for _, e := range []ast.Expr{spans, calling, short, last} {
		if e != nil {
			return e
		}
	}
	return nil
}

// fields returns the selections of fields that are only read, outer ones first.
// What is called, assigned or has its address taken is left out, and what may be
// a name of another package.
func (p *parsed) fields() (list []*ast.SelectorExpr) {
	out := make(map[ast.Node]bool)
	ast.Inspect(p.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			out[n.Fun] = true
		case *ast.UnaryExpr:
			out[n.X] = out[n.X] || n.Op == token.AND
		case *ast.IncDecStmt:
			out[n.X] = true
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				out[l] = true
			}
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			if !out[n] && !(ok && p.imports(id.Name)) {
				list = append(list, n)
			}
		}
		return true
	})
	return list
}

// imports reports whether name stands for another package in the file.
func (p *parsed) imports(name string) bool {
	for _, spec := range p.ast.Imports {
		if file, err := strconv.Unquote(spec.Path.Value); err == nil && importName(p.ast, file) == name {
			return true
		}
	}
	return false
}

func (p *parsed) column(pos token.Pos) int { return p.file.Position(pos).Column }

// argument returns the argument of the call that stmt is, nil when it is no call
// or not one of one argument.
func argument(stmt ast.Stmt) ast.Expr {
	var call ast.Expr
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		call = s.X
	case *ast.DeferStmt:
		call = s.Call
	case *ast.GoStmt:
		call = s.Call
	}
	if c, ok := call.(*ast.CallExpr); ok && len(c.Args) == 1 && !c.Ellipsis.IsValid() {
		return c.Args[0]
	}
	return nil
}
