package confirm

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// short plans how the end of a view is compared with that of its buffer: the buffer
// is remembered where it gets its size.
func (c *caster) short(i int, f *finding.Finding, marks *marking) {
	site := marks.site(i, -1)
	at := c.at(f.Posn, f.End)
	if site < 0 || at == nil || !c.isConversion(at) {
		return
	}
	c.wrapWith(at.call, fmt.Sprintf("%s.Within(%d, ", probeName, site), ", "+c.countOf(at)+")")
	for end := range f.Related {
		if n := marks.site(i, end); n >= 0 {
			c.buffer(f.Related[end].Posn, n)
		}
	}
}

// countOf returns the number of consecutive elements that a cast is the first of,
// as unsafe.Slice is told.
func (c *caster) countOf(at *found) string {
	for k, n := range at.path {
		call, ok := n.(*ast.CallExpr)
		if !ok || call == at.call || k == 0 {
			continue
		}
		b, ok := typeutil.Callee(at.pkg.TypesInfo, call).(*types.Builtin)
		if ok && b.Name() == "Slice" && len(call.Args) == 2 && call.Args[0] == at.call {
			if v := at.pkg.TypesInfo.Types[call.Args[1]].Value; v != nil {
				return v.ExactString()
			}
		}
		break
	}
	return "1"
}

// buffer plans that a buffer is remembered: a slice that is made, an allocation of
// C, or a variable.
func (c *caster) buffer(posn finding.Position, site int) {
	file := c.absolute(posn.File)
	if c.allocation(file, posn, site) {
		return
	}
	for _, p := range c.pkgs {
		for _, f := range p.Syntax {
			if p.Fset.Position(f.Package).Filename == file {
				c.bufferIn(p, f, posn, site)
			}
		}
	}
}

// allocation plans that the allocation of C on a line is remembered. It looks at the
// file as it is written: cgo has replaced the call in what is compiled.
func (c *caster) allocation(file string, posn finding.Position, site int) (done bool) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil || !c.target.Owns(file) {
		return false
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || done || fset.Position(call.Pos()).Line != posn.Line {
			return !done
		}
		if size := allocated(fset, call); size != "" {
			c.plan.spans[file] = append(c.plan.spans[file], wrapped{
				from: fset.Position(call.Pos()), to: fset.Position(call.End()),
				text: fmt.Sprintf("%s.Block(%d, ", probeName, site), behind: ", " + size + ")",
			})
			done = true
		}
		return !done
	})
	return done
}

func (c *caster) bufferIn(p *packages.Package, f *ast.File, posn finding.Position, site int) {
	done := false
	ast.PreorderStack(f, nil, func(n ast.Node, stack []ast.Node) bool {
		at := p.Fset.Position(n.Pos())
		if done || at.Line != posn.Line {
			return !done
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if at.Column < posn.Column {
				break
			}
			if b, ok := typeutil.Callee(p.TypesInfo, n).(*types.Builtin); ok && b.Name() == "make" {
				c.wrap(n, fmt.Sprintf("%s.Slice(%d, ", probeName, site))
				done = true
			}
		case *ast.Ident:
			v, ok := p.TypesInfo.Uses[n].(*types.Var)
			if !ok || v.IsField() || at.Column < posn.Column {
				break
			}
			done = c.variable(p, n, stack, site)
		}
		return !done
	})
}

// variable plans that a variable whose address, or that of an element, is taken is
// remembered.
func (c *caster) variable(p *packages.Package, id *ast.Ident, stack []ast.Node, site int) bool {
	switch p.TypesInfo.TypeOf(id).Underlying().(type) {
	case *types.Array, *types.Basic:
	default:
		return false
	}
	if u, ok := stack[len(stack)-1].(*ast.UnaryExpr); ok && u.Op == token.AND {
		c.wrap(u, fmt.Sprintf("%s.Variable(%d, ", probeName, site))
		return true
	}
	for k := len(stack) - 1; k > 0; k-- {
		stmt, ok := stack[k].(ast.Stmt)
		if !ok {
			continue
		}
		if slices.Contains(build.Statements(stack[k-1]), stmt) {
			c.put(p, stmt.Pos(), fmt.Sprintf("%s.Variable(%d, &%s); ", probeName, site, id.Name))
			return true
		}
	}
	return false
}

// allocated returns the size of an allocation of C as an expression, empty for
// another call.
func allocated(fset *token.FileSet, call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "C" {
		return ""
	}
	var out bytes.Buffer
	for k, arg := range call.Args {
		if k > 0 {
			out.WriteString("*")
		}
		out.WriteString("uintptr(")
		if printer.Fprint(&out, fset, arg) != nil {
			return ""
		}
		out.WriteString(")")
	}
	if sel.Sel.Name == "malloc" && len(call.Args) == 1 || sel.Sel.Name == "calloc" && len(call.Args) == 2 {
		return out.String()
	}
	return ""
}
