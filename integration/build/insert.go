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

// A Site is a place in a file and what is put there. Line and Column count from 1,
// Column in bytes, as in go/token. Each text stays on the line it is put on. What
// is empty, or has no place at the site, is left out.
type Site struct {
	Line, Column       int
	EndLine, EndColumn int // behind the expression at the place, 0 when not known

	Before string // a statement, before the innermost statement of a list around the place
	After  string // a statement, behind that statement, or before it if it is one that leaves
	Inner  string // statements, at the beginning of the innermost function around the place
	Body   string // statements, at the beginning of the function declared around the place
	Work   string // statements, before the one with which that function begins its work
	Over   string // a statement, before the one behind the work that lets others know, if there is one
	Fault  string // a statement, before the one at the place, if what is at the place calls a function
	Loop   string // a statement, at the beginning of the first loop behind the place, or around it

	Callees []Callee // put around the call at the place, if it is one of these
	Around  string   // such as "p.F(1, ", put around the expression at the place; a closing parenthesis follows

	// Compare is such as "p.F(1, ". The variable that is defined at the place follows,
	// what defines it, and a parenthesis: a statement at the beginning of the loop
	// behind the place.
	Compare  string
	Operand  string // the same, around what the field is selected of that is read at the place
	Argument string // the same, around the only argument of the call that is the statement at the place
	// Pointer and Pointee are such as "p.F(1, ". A function follows that returns the
	// address of the variable at the place, then a closing parenthesis: a statement
	// before the one at the place. Pointee is for a place that is not the variable
	// but an element of it, or what it points to.
	Pointer, Pointee string

	Texts []Text // put at places of their own
}

// A Callee is a function of another package, of one argument. Text such as
// "p.F(1, " is put before the call of it and before its argument, if it is not
// empty; a closing parenthesis follows each.
type Callee struct {
	Path, Func     string // import path and name
	Call, Argument string
}

// Insertable reports whether something can be put at the site: whether it is in a
// function that has a body. It fails when src does not parse or is too short.
func Insertable(name string, src []byte, s Site) (bool, error) {
	p, err := parse(name, src)
	if err != nil {
		return false, err
	}
	edits, err := p.edits(s)
	return len(edits) > 0, err
}

// Insert returns src, the content of the Go file name, with what is put at each
// site, and with importSpec as an import. No line moves, so that positions in
// messages stay true. All sites must be [Insertable].
func Insert(name string, src []byte, importSpec string, sites []Site) ([]byte, error) {
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	edits := []edit{{p.file.Offset(p.ast.Name.End()), "; import " + importSpec, plain}}
	for _, s := range sites {
		list, err := p.edits(s)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("%s:%d:%d is not in a function body", name, s.Line, s.Column)
		}
		edits = append(edits, list...)
	}
	sort.SliceStable(edits, func(i, j int) bool {
		if edits[i].offset != edits[j].offset {
			return edits[i].offset < edits[j].offset
		}
		return edits[i].rank < edits[j].rank
	})
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
	rank   int
}

// Ranks order edits at one offset: what closes an expression stands before the
// statements behind it, and those before what opens the next expression.
const (
	closes = iota - 1
	plain
	opens
)

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

// edits returns what has to be done for s, nothing when there is no place for it.
func (p *parsed) edits(s Site) (list []edit, err error) {
	if s.Line < 1 || s.Line > p.file.LineCount() {
		return nil, fmt.Errorf("%s has no line %d: it changed since it was checked", p.name, s.Line)
	}
	pos := p.pos(s.Line, s.Column)
	put := func(at token.Pos, text string) {
		list = append(list, edit{p.file.Offset(at), text, plain})
	}
	stmt := p.statement(pos, s.Line)
	if stmt != nil && s.Before != "" {
		put(stmt.Pos(), s.Before+"; ")
	}
	switch {
	case stmt == nil || s.After == "":
	case leaves(stmt):
		put(stmt.Pos(), s.After+"; ")
	default:
		put(stmt.End(), "; "+s.After)
	}
	if stmt != nil {
		if text := p.address(stmt, pos, s); text != "" {
			put(stmt.Pos(), text+"; ")
		}
	}
	if stmt != nil && s.Fault != "" && p.calls(stmt, pos, s) {
		put(stmt.Pos(), s.Fault+"; ")
	}
	if body := innermost(p.ast, pos); body != nil && s.Inner != "" {
		put(body.Lbrace+1, " "+s.Inner+"; ")
	}
	if body := declared(p.ast, pos); body != nil {
		if s.Body != "" {
			put(body.Lbrace+1, " "+s.Body+"; ")
		}
		first, over := work(body.List)
		if first != nil && s.Work != "" {
			put(first.Pos(), s.Work+"; ")
		}
		if over != nil && s.Over != "" {
			put(over.Pos(), s.Over+"; ")
		}
	}
	if body := loop(p.ast, pos); body != nil && s.Loop != "" {
		put(body.Lbrace+1, " "+s.Loop+"; ")
	}
	if at, text := p.compared(stmt, pos); at.IsValid() && s.Compare != "" {
		put(at, " "+s.Compare+text+"); ")
	}
	wrap := func(e ast.Expr, before string) {
		if e != nil && before != "" {
			list = append(list, edit{p.file.Offset(e.Pos()), before, opens}, edit{p.file.Offset(e.End()), ")", closes})
		}
	}
	for _, c := range s.Callees {
		if call := p.call(pos, c); call != nil {
			wrap(call, c.Call)
			wrap(call.Args[0], c.Argument)
		}
	}
	if s.Around != "" {
		wrap(p.expression(pos, s), s.Around)
	}
	if s.Operand != "" {
		wrap(p.operand(pos, s), s.Operand)
	}
	if stmt != nil {
		wrap(argument(stmt), s.Argument)
	}
	texts, err := p.texts(s)
	return append(list, texts...), err
}

func (p *parsed) pos(line, column int) token.Pos {
	return p.file.LineStart(line) + token.Pos(column-1)
}

// call returns the call of c around pos, nil when there is none.
func (p *parsed) call(pos token.Pos, c Callee) (found *ast.CallExpr) {
	name := importName(p.ast, c.Path)
	ast.Inspect(p.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || pos < call.Pos() || pos >= call.End() || len(call.Args) != 1 {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == c.Func {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				found = call
			}
		}
		return true
	})
	return found
}

// expression returns the expression that s spans, or else the shortest call that
// begins at its place.
func (p *parsed) expression(pos token.Pos, s Site) (found ast.Expr) {
	end := token.NoPos
	if s.EndLine >= 1 && s.EndLine <= p.file.LineCount() {
		end = p.pos(s.EndLine, s.EndColumn)
	}
	var call ast.Expr
	ast.Inspect(p.ast, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || e.Pos() != pos {
			return n == nil || n.Pos() <= pos && pos < n.End()
		}
		if e.End() == end {
			found = e
		}
		if c, ok := e.(*ast.CallExpr); ok {
			call = c // the last is the shortest: outer nodes come first
		}
		return true
	})
	if _, ok := found.(*ast.CallExpr); ok {
		return found
	}
	return call
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
