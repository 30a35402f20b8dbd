package build

import (
	"go/ast"
	"go/token"
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
		for _, s := range statements(n) {
			if s.Pos() <= pos && pos < s.End() {
				found = s
			}
		}
		return true
	})
	return found
}

// statements returns the list that n holds directly.
func statements(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
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

// work returns the statement of a function that is the last to do something: one
// that turns calls away does so before it. A guard around the work is entered, and
// a return that computes nothing is passed over.
func work(list []ast.Stmt) ast.Stmt {
	for i := len(list) - 1; i >= 0; i-- {
		switch s := list[i].(type) {
		case *ast.ReturnStmt:
			if i > 0 && !calls(s) {
				continue
			}
		case *ast.IfStmt:
			if s.Else == nil && len(s.Body.List) > 0 {
				return work(s.Body.List)
			}
		case *ast.BlockStmt:
			if len(s.List) > 0 {
				return work(s.List)
			}
		case *ast.DeferStmt, *ast.EmptyStmt:
			continue
		}
		return list[i]
	}
	return nil
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
		if next := loopBehind(statements(n), pos); next != nil {
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
