package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
)

// locate finds the function around the line of l and the setting under which
// file is built. A set that does not fit the module is an error.
func locate(l label, file string) (site, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return site{}, fmt.Errorf("%v: %w", l, err)
	}
	lines := strings.Split(string(text), "\n")
	if l.Line > len(lines) || strings.TrimSpace(lines[l.Line-1]) != l.Text {
		return site{}, fmt.Errorf("%v: the line does not read %q", l, l.Text)
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return site{}, err
	}
	var s site
	s.from, s.to = enclosing(fset, f, l.Line)
	set, ok, err := settingFor(file)
	if err != nil {
		return site{}, err
	}
	s.setting = set
	if !ok {
		s.notLoaded = "no build has the file"
	}
	return s, nil
}

// enclosing returns the lines of the outermost function around line: a declared
// one, or a literal in a package-level initializer; 0, 0 if there is none.
func enclosing(fset *token.FileSet, f *ast.File, line int) (from, to int) {
	ast.Inspect(f, func(n ast.Node) bool {
		if to > 0 || n == nil {
			return false
		}
		var start token.Pos
		switch n := n.(type) {
		case *ast.FuncDecl:
			start = n.Type.Pos() // not its comment
		case *ast.FuncLit:
			start = n.Pos()
		default:
			return true
		}
		// PositionFor without adjustment: labels count the lines of the file,
		// whatever its //line comments say.
		first, last := fset.PositionFor(start, false).Line, fset.PositionFor(n.End(), false).Line
		if first <= line && line <= last {
			from, to = first, last
		}
		return false
	})
	return from, to
}
