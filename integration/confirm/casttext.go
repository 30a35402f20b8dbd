package confirm

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// importedAs returns the name by which a file knows a package, empty when it does not.
func importedAs(f *ast.File, path string) string {
	if f == nil {
		return ""
	}
	for _, spec := range f.Imports {
		if spec.Path.Value == strconv.Quote(path) {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path
		}
	}
	return ""
}

// spelled writes the types of a tuple as the file of a call does.
func (c *caster) spelled(at *found, tuple *types.Tuple) string {
	file, _ := at.path[len(at.path)-1].(*ast.File)
	qualifier := func(p *types.Package) string {
		if p == at.pkg.Types {
			return ""
		}
		for _, spec := range file.Imports {
			if name := at.pkg.TypesInfo.PkgNameOf(spec); name != nil && name.Imported() == p {
				return name.Name()
			}
		}
		return p.Name()
	}
	var list []string
	for v := range tuple.Variables() {
		list = append(list, types.TypeString(v.Type(), qualifier))
	}
	return strings.Join(list, ", ")
}

// absolute returns the path of a finding's file.
func (c *caster) absolute(file string) string {
	file = filepath.FromSlash(file)
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.dir, file)
	}
	return file
}

// wrap puts text before an expression, and a parenthesis behind it.
func (c *caster) wrap(e ast.Expr, text string) { c.wrapWith(e, text, ")") }

// wrapWith puts text before and behind an expression.
func (c *caster) wrapWith(e ast.Expr, text, behind string) {
	for _, p := range c.pkgs {
		for _, f := range p.Syntax {
			if f.FileStart <= e.Pos() && e.Pos() < f.FileEnd {
				c.putAround(p, e.Pos(), e.End(), text, behind)
				return
			}
		}
	}
}

// put puts text at a place.
func (c *caster) put(p *packages.Package, at token.Pos, text string) {
	c.putAround(p, at, at, text, "")
}

func (c *caster) putAround(p *packages.Package, from, to token.Pos, text, behind string) {
	a, b := p.Fset.Position(from), p.Fset.Position(to)
	if a.Filename != b.Filename || !c.target.Owns(a.Filename) {
		return
	}
	s := wrapped{a, b, text, behind}
	if !slices.Contains(c.plan.spans[a.Filename], s) {
		c.plan.spans[a.Filename] = append(c.plan.spans[a.Filename], s)
	}
}
