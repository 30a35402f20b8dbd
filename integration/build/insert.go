package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"sort"
)

// A Site is a place in a file before which a statement is inserted. Line and
// Column count from 1, Column in bytes, as in go/token.
type Site struct {
	Line, Column int
	Statement    string
}

// Insert returns src, the content of the Go file name, with each site's statement
// before the innermost statement of a list around it, and with importSpec as an
// import. No line moves, so that positions in messages stay true.
//
// A site outside every function body cannot be marked; it is left out and counted
// in missed.
func Insert(name string, src []byte, importSpec string, sites []Site) (out []byte, missed int, err error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, 0, err
	}
	file := fset.File(f.FileStart)
	type edit struct {
		offset int
		text   string
	}
	edits := []edit{{file.Offset(f.Name.End()), "; import " + importSpec}}
	for _, s := range sites {
		if s.Line < 1 || s.Line > file.LineCount() {
			return nil, 0, fmt.Errorf("%s has no line %d: it changed since it was checked", name, s.Line)
		}
		pos := file.LineStart(s.Line) + token.Pos(s.Column-1)
		stmt := enclosing(f, pos)
		if stmt == nil {
			missed++
			continue
		}
		edits = append(edits, edit{file.Offset(stmt.Pos()), s.Statement + "; "})
	}
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].offset < edits[j].offset })
	last := 0
	for _, e := range edits {
		out = append(out, src[last:e.offset]...)
		out = append(out, e.text...)
		last = e.offset
	}
	return append(out, src[last:]...), missed, nil
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
