package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"sort"
	"strconv"
)

// A Site is a place in a file before which a statement is inserted. Line and
// Column count from 1, Column in bytes, as in go/token.
type Site struct {
	Line, Column int
	Statement    string
	Wrap         *Wrap // may be nil
}

// A Wrap is put around the only argument of the call at a site, if that calls the
// given function of another package.
type Wrap struct {
	Path, Func string // import path and name of the callee
	Before     string // such as "p.F(1, "; a closing parenthesis follows the argument
}

// Insertable reports whether a statement can be put before the site: whether it
// is in the body of a function. It fails when src does not parse or is too short.
func Insertable(name string, src []byte, s Site) (bool, error) {
	p, err := parse(name, src)
	if err != nil {
		return false, err
	}
	stmt, err := p.statement(s)
	return stmt != nil, err
}

// Insert returns src, the content of the Go file name, with each site's statement
// before the innermost statement of a list around it, and with importSpec as an
// import. No line moves, so that positions in messages stay true. All sites must
// be [Insertable].
func Insert(name string, src []byte, importSpec string, sites []Site) ([]byte, error) {
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	edits := []edit{{p.file.Offset(p.ast.Name.End()), "; import " + importSpec}}
	for _, s := range sites {
		stmt, err := p.statement(s)
		if err != nil {
			return nil, err
		}
		if stmt == nil {
			return nil, fmt.Errorf("%s:%d:%d is not in a function body", name, s.Line, s.Column)
		}
		edits = append(edits, edit{p.file.Offset(stmt.Pos()), s.Statement + "; "})
		if arg := p.argument(s); arg != nil {
			edits = append(edits, edit{p.file.Offset(arg.Pos()), s.Wrap.Before}, edit{p.file.Offset(arg.End()), ")"})
		}
	}
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].offset < edits[j].offset })
	var out []byte
	last := 0
	for _, e := range edits {
		out = append(out, src[last:e.offset]...)
		out = append(out, e.text...)
		last = e.offset
	}
	return append(out, src[last:]...), nil
}

// An edit puts text at an offset.
type edit struct {
	offset int
	text   string
}

// A parsed file is one in which sites are looked up.
type parsed struct {
	name string
	ast  *ast.File
	file *token.File
}

func parse(name string, src []byte) (*parsed, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &parsed{name, f, fset.File(f.FileStart)}, nil
}

// statement returns the statement before which s is inserted, nil when there is
// none.
func (p *parsed) statement(s Site) (ast.Stmt, error) {
	if s.Line < 1 || s.Line > p.file.LineCount() {
		return nil, fmt.Errorf("%s has no line %d: it changed since it was checked", p.name, s.Line)
	}
	return enclosing(p.ast, p.pos(s)), nil
}

func (p *parsed) pos(s Site) token.Pos { return p.file.LineStart(s.Line) + token.Pos(s.Column-1) }

// argument returns what s wraps, nil when there is nothing.
func (p *parsed) argument(s Site) ast.Expr {
	if s.Wrap == nil {
		return nil
	}
	name := importName(p.ast, s.Wrap.Path)
	var found ast.Expr
	ast.Inspect(p.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || p.pos(s) < call.Pos() || p.pos(s) >= call.End() || len(call.Args) != 1 {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == s.Wrap.Func {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				found = call.Args[0]
			}
		}
		return true
	})
	return found
}

// importName returns the name by which f knows a package, empty when it does not.
func importName(f *ast.File, importPath string) string {
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || p != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

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
