package cgoexport

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// before reports whether something that match accepts comes before a restart:
// in its function, in those it calls until then, or in a function that leads
// there. A restart in a dependency may come after anything in the package.
func (p *program) before(r restart, match func(ast.Node) bool) bool {
	if r.in != nil {
		return p.leadsTo(r.in, r.call.Pos(), match, maxDepth, make(map[*ast.FuncDecl]bool))
	}
	for _, fd := range p.decls {
		if !p.isExport(fd) && p.within(fd, fd.End(), match, 0) {
			return true
		}
	}
	return false
}

func (p *program) leadsTo(fd *ast.FuncDecl, pos token.Pos, match func(ast.Node) bool, depth int, seen map[*ast.FuncDecl]bool) bool {
	if p.within(fd, pos, match, maxDepth) {
		return true
	}
	if seen[fd] || depth == 0 {
		return false
	}
	seen[fd] = true
	for _, caller := range p.decls {
		for _, call := range p.callsOf(caller, p.funcOf(fd)) {
			if p.leadsTo(caller, call.Pos(), match, depth-1, seen) {
				return true
			}
		}
	}
	return false
}

// within looks in a function up to pos, and in what it calls there.
func (p *program) within(fd *ast.FuncDecl, pos token.Pos, match func(ast.Node) bool, depth int) bool {
	found := false
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		if n == nil || found || n.Pos() >= pos {
			return false
		}
		if match(n) {
			found = true
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || depth == 0 {
			return true
		}
		if fn := typeutil.StaticCallee(p.info, call); fn != nil {
			if d := p.decls[fn.Origin()]; d != nil && d != fd {
				found = p.within(d, d.End(), match, depth-1)
			}
		}
		return !found
	})
	return found
}

func (p *program) funcOf(fd *ast.FuncDecl) *types.Func {
	fn, _ := p.info.Defs[fd.Name].(*types.Func)
	return fn
}
