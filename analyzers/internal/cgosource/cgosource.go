// Package cgosource gives analyzers one view of a cgo package, whatever the
// driver shows of it. Editors pass the file as written, with import "C"; the go
// command and everything built on its export data pass what cmd/cgo made of it
// (_Cfunc_f for C.f, wrappers around pointer arguments), without the C files of
// the folder. The preamble and the //export comments are in both.
package cgosource

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
)

// A Package is the cgo part of a package under analysis.
type Package struct {
	Exports []*Export
	Calls   []*Call        // from Go to C, in the order of the files
	C       *ctext.Program // preambles and the C files of the folder

	pass    *analysis.Pass
	files   []*ast.File // that import "C"
	sources map[*ctext.Unit]*source
	raw     bool // the driver passes the files as written
}

// An Export is a Go function that C can call.
type Export struct {
	Name string // as C knows it
	Decl *ast.FuncDecl
	Func *types.Func
}

// A Call is a call of a C function. Args are the user's expressions, also where
// cmd/cgo moved them into a wrapper.
type Call struct {
	Name string
	Expr *ast.CallExpr // in processed files maybe inside a wrapper
	Args []ast.Expr
	In   *ast.FuncDecl // nil in a variable's initializer
}

// Load reads the cgo part of a package. It returns nil for packages without
// exports. C files that cannot be read are left out silently: a driver may run
// where the folder is not.
func Load(pass *analysis.Pass) *Package {
	p := &Package{pass: pass, sources: make(map[*ctext.Unit]*source)}
	for _, f := range pass.Files {
		if !ImportsC(pass.Fset, f) {
			continue
		}
		p.files = append(p.files, f)
		p.raw = p.raw || !processed(pass.Fset, f)
		p.addExports(f)
	}
	if len(p.Exports) == 0 {
		return nil
	}
	p.loadC()
	for _, f := range p.files {
		p.addCalls(f)
	}
	p.passAddresses()
	return p
}

// processed reports whether cmd/cgo made f from another file.
func processed(fset *token.FileSet, f *ast.File) bool {
	return fset.PositionFor(f.Package, false).Filename != fset.PositionFor(f.Package, true).Filename
}

// ImportsC reports whether the user's source of f imports "C".
func ImportsC(fset *token.FileSet, f *ast.File) bool {
	return importC(fset, f) != nil
}

// importC returns the declaration that imports "C", or what cmd/cgo left of it.
func importC(fset *token.FileSet, f *ast.File) *ast.GenDecl {
	gone := processed(fset, f)
	for _, decl := range f.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.IMPORT {
			break
		}
		for _, spec := range d.Specs {
			s := spec.(*ast.ImportSpec)
			if s.Path.Value == `"C"` || gone && s.Path.Value == `"unsafe"` && s.Name != nil && s.Name.Name == "_" {
				return d
			}
		}
	}
	return nil
}

func (p *Package) addExports(f *ast.File) {
	for _, decl := range f.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || d.Doc == nil || d.Body == nil {
			continue
		}
		fn, ok := p.pass.TypesInfo.Defs[d.Name].(*types.Func)
		if !ok {
			continue
		}
		for _, c := range d.Doc.List {
			name, ok := strings.CutPrefix(c.Text, "//export ")
			if fields := strings.Fields(name); ok && len(fields) > 0 {
				p.Exports = append(p.Exports, &Export{Name: fields[0], Decl: d, Func: fn})
				break
			}
		}
	}
}

// Export returns the export of that C name, or nil.
func (p *Package) Export(name string) *Export {
	for _, e := range p.Exports {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Raw reports whether the driver shows the files as written.
func (p *Package) Raw() bool { return p.raw }
