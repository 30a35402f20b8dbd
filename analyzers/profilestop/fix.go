package profilestop

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/astutil"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// stopBefore offers to stop the profile right before the process is replaced.
// StopCPUProfile and trace.Stop do nothing when nothing runs, so behaviour
// changes only where the profile would be lost. The fix is offered when the
// file of the execution imports the package to stop with.
func (c *checker) stopBefore(l *loss) []analysis.SuggestedFix {
	path, stop := "runtime/pprof", "StopCPUProfile()"
	if l.resource == lifecycle.Trace {
		path, stop = "runtime/trace", "Stop()"
	}
	for _, r := range l.related {
		file := c.fileOf(r)
		if file == nil {
			continue
		}
		name := importName(c.pass.TypesInfo, file, path)
		stmt := statementAt(file, r)
		if name == "" || stmt == nil || !c.replacesAt(file, r) {
			continue
		}
		// In gofmt's style a statement is indented by tabs alone.
		indent := strings.Repeat("\t", c.pass.Fset.PositionFor(stmt.Pos(), false).Column-1)
		return []analysis.SuggestedFix{{
			Message:   "Stop the profile before the process is replaced",
			TextEdits: []analysis.TextEdit{{Pos: stmt.Pos(), End: stmt.Pos(), NewText: []byte(name + "." + stop + "\n" + indent)}},
		}}
	}
	return nil
}

func (c *checker) fileOf(r analysis.RelatedInformation) *ast.File {
	for _, f := range c.pass.Files {
		if f.FileStart <= r.Pos && r.Pos < f.FileEnd {
			return f
		}
	}
	return nil
}

// replacesAt reports whether the call at r replaces the process itself.
func (c *checker) replacesAt(file *ast.File, r analysis.RelatedInformation) bool {
	path, _ := astutil.PathEnclosingInterval(file, r.Pos, r.End)
	for _, n := range path {
		if expr, ok := n.(*ast.CallExpr); ok {
			if call := c.pkg.CallAt(expr); call != nil {
				_, replaces := call.Has("replaces")
				return replaces
			}
		}
	}
	return false
}

// importName returns the name under which file imports path, or "".
func importName(info *types.Info, file *ast.File, path string) string {
	for _, spec := range file.Imports {
		name := info.PkgNameOf(spec)
		if name != nil && name.Imported().Path() == path && name.Name() != "_" && name.Name() != "." {
			return name.Name()
		}
	}
	return ""
}

// statementAt returns the statement of a block that is sure to evaluate r when
// it runs, and first; nil when there is none.
func statementAt(file *ast.File, r analysis.RelatedInformation) ast.Stmt {
	path, _ := astutil.PathEnclosingInterval(file, r.Pos, r.End)
	for i, n := range path {
		if i+1 == len(path) {
			return nil
		}
		if !evaluates(path[i+1], n) {
			return nil
		}
		stmt, ok := n.(ast.Stmt)
		if !ok {
			continue
		}
		switch path[i+1].(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
			return stmt
		}
	}
	return nil
}

// evaluates reports whether parent, when it runs, always evaluates child, and
// neither later nor again and again.
func evaluates(parent, child ast.Node) bool {
	switch parent := parent.(type) {
	case *ast.IfStmt:
		return child == parent.Init || child == ast.Node(parent.Cond)
	case *ast.SwitchStmt:
		return child == parent.Init || child == ast.Node(parent.Tag)
	case *ast.BinaryExpr:
		return child == ast.Node(parent.X) || parent.Op != token.LAND && parent.Op != token.LOR
	case *ast.DeferStmt, *ast.GoStmt, *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.SelectStmt, *ast.LabeledStmt, *ast.CommClause:
		_, isStmt := child.(ast.Stmt)
		_, isClause := parent.(*ast.CommClause)
		return isStmt && isClause
	}
	return true
}
