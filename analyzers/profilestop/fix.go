package profilestop

import (
	"go/ast"
	"go/types"

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
		return []analysis.SuggestedFix{{
			Message:   "Stop the profile before the process is replaced",
			TextEdits: []analysis.TextEdit{{Pos: stmt.Pos(), End: stmt.Pos(), NewText: []byte(name + "." + stop + "\n")}},
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

// statementAt returns the statement of a block that encloses r.
func statementAt(file *ast.File, r analysis.RelatedInformation) ast.Stmt {
	path, _ := astutil.PathEnclosingInterval(file, r.Pos, r.End)
	for i, n := range path {
		stmt, ok := n.(ast.Stmt)
		if !ok || i+1 == len(path) {
			continue
		}
		switch path[i+1].(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
			return stmt
		}
	}
	return nil
}
