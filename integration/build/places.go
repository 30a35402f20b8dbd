package build

import (
	"go/ast"
	"go/token"
	"slices"
)

// enclosing returns the innermost statement around pos that stands in a list of
// statements, where another may be put before it. A range that ends at pos is
// around it too: diagnostics may point behind the last byte.
func enclosing(f *ast.File, pos token.Pos) ast.Stmt {
	var found ast.Stmt
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos > n.End() {
			return false
		}
		for _, s := range Statements(n) {
			if s.Pos() <= pos && pos < s.End() {
				found = s
			}
		}
		return true
	})
	return found
}

// Statements returns the list of statements that n holds directly, between which
// others can be put: none for the body of a switch or select.
func Statements(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		if len(n.List) > 0 && isClause(n.List[0]) {
			return nil
		}
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

// isClause reports whether s is a part of a switch or select, between which there
// are no statements.
func isClause(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.CaseClause, *ast.CommClause:
		return true
	}
	return false
}

// declared returns the body of the function that is declared around pos, its name
// and comments included.
func declared(f *ast.File, pos token.Pos) *ast.BlockStmt {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		start := fn.Pos()
		if fn.Doc != nil {
			start = fn.Doc.Pos()
		}
		if start <= pos && pos < fn.End() {
			return fn.Body
		}
	}
	return nil
}

// work returns the statement with which a function that others call begins its
// work: behind the last one that may turn the call away, and behind what takes a
// lock. A condition around all the work is entered. over is the last statement when
// it only lets others know that the work is done, nil when there is none.
func work(list []ast.Stmt) (first, over ast.Stmt) {
	for i, s := range list {
		if turnsAway(s) && i+1 < len(list) {
			return work(list[i+1:])
		}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.DeferStmt, *ast.EmptyStmt:
			return true
		case *ast.ReturnStmt:
			return !calls(s) && len(list) > 1
		}
		return false
	})
	if n := len(list); n > 1 && isSign(list[n-1]) && slices.ContainsFunc(list[:n-1], works) {
		over = list[n-1]
		list = list[:n-1]
	}
	for len(list) > 1 && (isSign(list[0]) || isSend(list[0]) && over != nil) && slices.ContainsFunc(list[1:], works) {
		list = list[1:]
	}
	if len(list) == 0 {
		return nil, nil
	}
	if inner := guarded(list); inner != nil {
		first, end := work(inner)
		if end != nil {
			over = end
		}
		return first, over
	}
	return list[0], over
}

// turnsAway reports whether a statement is an if that returns.
func turnsAway(s ast.Stmt) (found bool) {
	i, ok := s.(*ast.IfStmt)
	if !ok {
		return false
	}
	ast.Inspect(i, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ReturnStmt:
			found = true
		case *ast.FuncLit:
			return false
		}
		return true
	})
	return found
}

// guarded returns the statements of a condition or block that is all there is.
func guarded(list []ast.Stmt) []ast.Stmt {
	if len(list) != 1 {
		return nil
	}
	switch s := list[0].(type) {
	case *ast.IfStmt:
		if s.Else == nil && len(s.Body.List) > 0 {
			return s.Body.List
		}
	case *ast.BlockStmt:
		if len(s.List) > 0 {
			return s.List
		}
	}
	return nil
}

func isSend(s ast.Stmt) bool {
	_, ok := s.(*ast.SendStmt)
	return ok
}

// isSign reports whether a statement is an expression that tells or asks others.
func isSign(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	return ok && tells(e.X)
}

// tells reports whether an expression can be no more than a sign to others, or one
// of theirs: a call without arguments, as of Lock or Done, one of Add with a number,
// or a receive from a channel.
func tells(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.ARROW
	case *ast.CallExpr:
		if len(e.Args) == 0 {
			return true
		}
		last := ast.Unparen(e.Args[len(e.Args)-1])
		if u, ok := last.(*ast.UnaryExpr); ok && (u.Op == token.SUB || u.Op == token.ADD) {
			last = u.X
		}
		lit, ok := last.(*ast.BasicLit)
		return ok && lit.Kind == token.INT
	}
	return false
}

// works reports whether a statement can be the work of a function, and is no lock
// that is taken.
func works(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt:
		return true
	case *ast.ExprStmt:
		return !tells(s.X)
	case *ast.ReturnStmt:
		return calls(s)
	case *ast.IfStmt, *ast.BlockStmt, *ast.SelectStmt:
		return true
	}
	return false
}

// conversions are the predeclared types and functions that look like calls and do
// not leave the function.
var conversions = map[string]bool{
	"bool": true, "string": true, "byte": true, "rune": true, "uintptr": true,
	"int": true, "int8": true, "int16": true, "int32": true, "int64": true,
	"uint": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true,
	"float32": true, "float64": true, "complex64": true, "complex128": true,
	"append": true, "cap": true, "clear": true, "close": true, "complex": true, "copy": true, "delete": true, "imag": true,
	"len": true, "make": true, "max": true, "min": true, "new": true, "panic": true, "print": true, "println": true, "real": true, "recover": true,
}

// calls reports whether what s spans is a call of a function, or, when it spans
// nothing, whether the statement around pos has one. Functions of C do not count,
// nor do those of literals, which are not called here.
func (p *parsed) calls(stmt ast.Stmt, pos token.Pos, s Site) (found bool) {
	end := token.NoPos
	if s.EndLine >= 1 && s.EndLine <= p.file.LineCount() {
		end = p.pos(s.EndLine, s.EndColumn)
	}
	exact := end > pos
	ast.Inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n.Pos() <= pos && pos < n.End()
		case *ast.BlockStmt:
			return n.Pos() <= pos && pos < n.End()
		case *ast.CallExpr:
			if leavesGo(n) || exact && (n.Pos() != pos || n.End() != end) {
				return true
			}
			found = true
		}
		return !found
	})
	return found
}

// leavesGo reports whether a call is a conversion, a builtin or one of C.
func leavesGo(call *ast.CallExpr) bool {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return conversions[f.Name]
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && (x.Name == "C" || x.Name == "unsafe")
	case *ast.ArrayType, *ast.MapType, *ast.StarExpr, *ast.InterfaceType:
		return true
	}
	return false
}

// calls reports whether n contains a call.
func calls(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		_, ok := n.(*ast.CallExpr)
		found = found || ok
		return !found
	})
	return found
}

// loop returns the body of the first loop that follows the statement around pos
// in its list, or else of the innermost loop around pos.
func loop(f *ast.File, pos token.Pos) (body *ast.BlockStmt) {
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos > n.End() {
			return false
		}
		if b := loopBody(n); b != nil && b.Pos() <= pos && pos < b.End() {
			body = b
		}
		if next := loopBehind(Statements(n), pos); next != nil {
			body = next
		}
		return true
	})
	return body
}

// loopBehind returns the body of the first loop in list behind the statement
// around pos, nil when pos is in none of them or no loop follows.
func loopBehind(list []ast.Stmt, pos token.Pos) *ast.BlockStmt {
	inside := false
	for _, s := range list {
		if inside {
			if b := loopBody(s); b != nil {
				return b
			}
		}
		inside = inside || s.Pos() <= pos && pos < s.End()
	}
	return nil
}

func loopBody(n ast.Node) *ast.BlockStmt {
	switch n := n.(type) {
	case *ast.ForStmt:
		return n.Body
	case *ast.RangeStmt:
		return n.Body
	case *ast.LabeledStmt:
		return loopBody(n.Stmt)
	}
	return nil
}

// FuncAt returns the place of the name of a function that src, the content of the
// Go file name, declares with a body and without a receiver.
func FuncAt(name string, src []byte, function string) (line, column int, ok bool) {
	p, err := parse(name, src)
	if err != nil {
		return 0, 0, false
	}
	for _, d := range p.ast.Decls {
		fn, isFunc := d.(*ast.FuncDecl)
		if isFunc && fn.Recv == nil && fn.Body != nil && fn.Name.Name == function {
			posn := p.file.Position(fn.Name.Pos())
			return p.file.Line(fn.Name.Pos()), posn.Column, true
		}
	}
	return 0, 0, false
}
