package cgosource

import (
	"go/ast"
	"go/parser"
	"os"

	"golang.org/x/tools/go/analysis"
)

// RawFile returns the file as its author wrote it: f itself, or, when cmd/cgo
// made f, the original parsed into the file set of pass. Fixes belong on that
// tree: edits at positions of a processed file carry offsets of the processed
// text under the name of the original. It has no types. ok is false when the
// original cannot be read.
func RawFile(pass *analysis.Pass, f *ast.File) (raw *ast.File, ok bool) {
	if !processed(pass.Fset, f) {
		return f, true
	}
	name := pass.Fset.Position(f.Package).Filename
	// Pass.ReadFile serves only the files that the driver lists, and the
	// original is none of them.
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	raw, err = parser.ParseFile(pass.Fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	return raw, err == nil
}

// RawDecl returns the declaration in the original file that a function of a
// processed file was made from.
func RawDecl(pass *analysis.Pass, raw *ast.File, d *ast.FuncDecl) (*ast.FuncDecl, bool) {
	line := pass.Fset.Position(d.Name.Pos()).Line
	for _, decl := range raw.Decls {
		fd, ok := decl.(*ast.FuncDecl)
		if ok && fd.Name.Name == d.Name.Name && pass.Fset.Position(fd.Name.Pos()).Line == line {
			return fd, true
		}
	}
	return nil, false
}
