package confirm

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/integration/build"
	"github.com/hotvet/hotvet/integration/finding"
)

// A castPlan says what has to be put around casts, and around the uses of the
// fields of their structs, for what is read through them to be seen.
type castPlan struct {
	structs []*structType
	of      map[int]*plannedCast // by finding
	uses    []plannedUse
	texts   map[string][]build.Text // by absolute path
	spans   map[string][]wrapped    // where texts are, to put outer ones first
	pkgs    []*packages.Package     // of the program's module
}

// A structType is one that a cast lays over memory, and that the new build has a
// field more of.
type structType struct {
	name   string // as types are printed
	object *types.TypeName
	file   string // absolute, where it is declared
	line   int
	reason string // why it cannot be changed, empty when it can
}

// A plannedCast is what is known of a finding's cast.
type plannedCast struct {
	structType int    // its index, -1 when there is none
	reason     string // why the cast cannot be observed, empty when it can
	made       bool   // the struct is not what is read, but what a value of its owner is made of
}

// A plannedUse is a place where a field is read.
type plannedUse struct {
	structType int
	field      string // path from the struct
	place      finding.Position
	check      bool // the field decides there, or elsewhere, what is done
	changes    bool // the program changes the field somewhere
}

// A wrapped expression has text before and behind it.
type wrapped struct {
	from, to     token.Position
	text, behind string
}

// A caster makes a plan.
type caster struct {
	target *build.Target
	dir    string
	pkgs   []*packages.Package
	plan   *castPlan
}

// planCasts looks up the casts of findings in the program.
func planCasts(ctx context.Context, o *Options, findings []*finding.Finding, marks *marking, wanted func(*finding.Finding) bool) (*castPlan, error) {
	c := &caster{target: o.Target, dir: o.Dir, plan: &castPlan{
		of: make(map[int]*plannedCast), texts: make(map[string][]build.Text), spans: make(map[string][]wrapped),
	}}
	cfg := &packages.Config{
		Context: ctx, Dir: o.Dir, Env: o.Env,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedTypesSizes | packages.NeedModule,
	}
	if len(o.Tags) > 0 {
		cfg.BuildFlags = []string{"-tags=" + strings.Join(o.Tags, ",")}
	}
	var err error
	if c.pkgs, err = packages.Load(cfg, o.Target.Packages...); err != nil {
		return nil, fmt.Errorf("types of %s: %w", o.Target.ImportPath, err)
	}
	for _, p := range c.pkgs {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("types of %s: %w", p.PkgPath, p.Errors[0])
		}
	}
	c.plan.pkgs = c.pkgs
	for i, f := range findings {
		switch {
		case !wanted(f):
		case f.Category == "structcast/short":
			c.short(i, f, marks)
		default:
			c.plan.of[i] = c.cast(i, f, marks)
		}
	}
	c.usesOfFields()
	c.plan.finish()
	return c.plan, nil
}

// A found node is the call at a finding's place, with the package that it is in.
type found struct {
	call *ast.CallExpr
	pkg  *packages.Package
	path []ast.Node // from the call outwards
}

// cast plans what is put around one cast.
func (c *caster) cast(i int, f *finding.Finding, marks *marking) *plannedCast {
	site := marks.site(i, -1)
	none := func(format string, args ...any) *plannedCast {
		return &plannedCast{structType: -1, reason: fmt.Sprintf(format, args...)}
	}
	if site < 0 {
		return none("the place is not in the program's own module")
	}
	at := c.at(f.Posn, f.End)
	if at == nil {
		return none("there is no cast that hotvet knows at %v", f.Posn)
	}
	var named *types.Named
	made := false
	switch {
	case c.isConversion(at) && sliceHeader(at.pkg.TypesInfo.TypeOf(at.call)):
		operand, t := c.viewed(at)
		if named = structIn(t); named != nil {
			c.wrap(operand, fmt.Sprintf("%s.View(%d, ", probeName, site))
			c.later(at, site, true)
		}
	case c.isConversion(at) || at.isNewAt():
		var pointer ast.Expr
		if named, pointer = c.castStruct(at); named != nil {
			c.wrapCast(at, pointer, site)
			made = pointer != ast.Expr(at.call)
		}
	default:
		named = c.called(at, f, site)
	}
	if named == nil {
		return none("the struct at %v has no name that a new build could change it by", f.Posn)
	}
	for end := range f.Related {
		c.written(f.Related[end].Posn, marks.site(i, end), named)
	}
	return &plannedCast{structType: c.structType(named), made: made}
}

// wrapCast puts the probe around the pointer to a struct. The compiler cannot slice
// an array behind a pointer of a type that a generic function returns: such a
// pointer is converted once more.
func (c *caster) wrapCast(at *found, pointer ast.Expr, site int) {
	before, behind := fmt.Sprintf("%s.Cast(%d, ", probeName, site), ")"
	if p, ok := at.pkg.TypesInfo.TypeOf(pointer).Underlying().(*types.Pointer); ok && pointer == ast.Expr(at.call) {
		if _, isArray := p.Elem().Underlying().(*types.Array); isArray {
			var target bytes.Buffer
			file, _ := at.path[len(at.path)-1].(*ast.File)
			name := importedAs(file, "unsafe")
			if printer.Fprint(&target, token.NewFileSet(), at.call.Fun) == nil && name != "" && !strings.Contains(target.String(), "\n") {
				before, behind = fmt.Sprintf("%s(%s.Pointer(%s", target.String(), name, before), ")))"
			}
		}
	}
	c.wrapWith(pointer, before, behind)
}

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

// called plans a call that casts, or that reads into a struct seen as bytes.
func (c *caster) called(at *found, f *finding.Finding, site int) *types.Named {
	results := at.pkg.TypesInfo.TypeOf(at.call)
	if tuple, ok := results.(*types.Tuple); ok && tuple.Len() == 2 {
		if named := structIn(tuple.At(0).Type()); named != nil && c.own(named) {
			// The results of a call can be the arguments of another, but only all of them.
			c.wrap(at.call, fmt.Sprintf("%s.Cast2[%s](%d)(", probeName, c.spelled(at, tuple), site))
			return named
		}
	} else if named := structIn(results); named != nil && c.own(named) {
		c.wrap(at.call, fmt.Sprintf("%s.Cast(%d, ", probeName, site))
		return named
	}
	views := []*found{c.viewIn(at)}
	for _, r := range f.Related {
		views = append(views, c.at(r.Posn, finding.Position{}))
	}
	for _, v := range views {
		if v == nil || !c.isConversion(v) {
			continue
		}
		operand, t := c.viewed(v)
		if named := structIn(t); named != nil && operand != nil {
			c.wrap(operand, fmt.Sprintf("%s.View(%d, ", probeName, site))
			c.later(at, site, false)
			return named
		}
	}
	return nil
}

// written plans a place where structs of the type are written out as bytes.
func (c *caster) written(posn finding.Position, site int, named *types.Named) {
	at := c.at(posn, finding.Position{})
	if at == nil || site < 0 {
		return
	}
	if !c.isConversion(at) {
		at = c.viewIn(at)
	}
	if at == nil {
		return
	}
	if operand, t := c.viewed(at); operand != nil && sameStruct(structIn(t), named) {
		c.wrap(operand, fmt.Sprintf("%s.Cast(%d, ", probeName, site))
	}
}

// later has what was read into a struct told behind the statement of a call, or
// when the function returns.
func (c *caster) later(at *found, site int, atReturn bool) {
	text := fmt.Sprintf("%s.Seen(%d)", probeName, site)
	for k, n := range at.path {
		stmt, ok := n.(ast.Stmt)
		if !ok || k+1 >= len(at.path) || !slices.Contains(statementsOf(at.path[k+1]), stmt) {
			continue
		}
		if _, returns := stmt.(*ast.ReturnStmt); returns || atReturn {
			c.put(at.pkg, stmt.Pos(), "defer "+text+"; ")
		} else {
			c.put(at.pkg, stmt.End(), "; "+text)
		}
		return
	}
}

func statementsOf(n ast.Node) []ast.Stmt {
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

// at returns the call at a place: the one that ends at end, or else, of those that
// begin at the place, the shortest that may cast, or the first on the line that does.
func (c *caster) at(posn, end finding.Position) *found {
	file := c.absolute(posn.File)
	var exact, begins, casts, calls *found
	for _, p := range c.pkgs {
		for _, f := range p.Syntax {
			if p.Fset.Position(f.Package).Filename != file {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				from, to := p.Fset.Position(call.Pos()), p.Fset.Position(call.End())
				if from.Line != posn.Line || from.Filename != file {
					return true
				}
				this := &found{call: call, pkg: p}
				this.path, _ = astutil.PathEnclosingInterval(f, call.Pos(), call.End())
				begin := from.Column == posn.Column
				if begin && to.Line == end.Line && to.Column == end.Column {
					exact = this
				}
				if begin && c.mayCast(this) {
					begins = this
				}
				if casts == nil && (c.isConversion(this) || this.isNewAt()) {
					casts = this
				}
				if calls == nil && c.mayCast(this) {
					calls = this
				}
				return true
			})
		}
	}
	for _, f := range []*found{exact, begins, casts, calls} {
		if f != nil {
			return f
		}
	}
	return nil
}

// mayCast reports whether a call casts, returns a struct, or has a view of one among
// its arguments.
func (c *caster) mayCast(at *found) bool {
	named := structIn(firstResult(at.pkg.TypesInfo.TypeOf(at.call)))
	return c.isConversion(at) || at.isNewAt() || named != nil && c.own(named) || c.viewIn(at) != nil
}

// viewIn returns the view of a struct as bytes among the arguments of a call.
func (c *caster) viewIn(at *found) (view *found) {
	for _, arg := range at.call.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && view == nil {
				v := &found{call: call, pkg: at.pkg, path: at.path}
				if operand, t := c.viewed(v); c.isConversion(v) && operand != nil && structIn(t) != nil {
					view = v
				}
			}
			return view == nil
		})
	}
	return view
}

// isConversion reports whether a call converts an unsafe.Pointer to a pointer.
func (c *caster) isConversion(at *found) bool {
	info := at.pkg.TypesInfo
	if len(at.call.Args) != 1 || !info.Types[at.call.Fun].IsType() {
		return false
	}
	b, ok := info.TypeOf(at.call.Args[0]).Underlying().(*types.Basic)
	_, ptr := info.TypeOf(at.call).Underlying().(*types.Pointer)
	return ok && ptr && b.Kind() == types.UnsafePointer
}

func (at *found) isNewAt() bool {
	sel, ok := ast.Unparen(at.call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := at.pkg.TypesInfo.Uses[sel.Sel].(*types.Func)
	return ok && fn.FullName() == "reflect.NewAt"
}

// castStruct returns the struct that a cast lays over memory, and the expression
// that points to it: the cast itself, or what is cast where a value of another
// module is made of a struct of the program.
func (c *caster) castStruct(at *found) (*types.Named, ast.Expr) {
	info := at.pkg.TypesInfo
	if !at.isNewAt() {
		named := structIn(info.TypeOf(at.call))
		if named == nil || !c.own(named) {
			if operand, t := c.viewed(at); structIn(t) != nil && c.own(structIn(t)) {
				return structIn(t), operand
			}
		}
		return named, at.call
	}
	of, ok := ast.Unparen(at.call.Args[0]).(*ast.CallExpr)
	if !ok {
		return nil, nil
	}
	if len(of.Args) == 1 {
		return structIn(info.TypeOf(of.Args[0])), at.call
	}
	if index, ok := of.Fun.(*ast.IndexExpr); ok {
		return structIn(info.TypeOf(index.Index)), at.call
	}
	return nil, nil
}

// viewed returns the pointer that is converted to an unsafe.Pointer and then to
// what the call converts to, and what it points to.
func (c *caster) viewed(at *found) (ast.Expr, types.Type) {
	if len(at.call.Args) != 1 {
		return nil, nil
	}
	inner, ok := ast.Unparen(at.call.Args[0]).(*ast.CallExpr)
	if !ok || len(inner.Args) != 1 || !at.pkg.TypesInfo.Types[inner.Fun].IsType() {
		return nil, nil
	}
	p, ok := at.pkg.TypesInfo.TypeOf(inner.Args[0]).Underlying().(*types.Pointer)
	if !ok {
		return nil, nil
	}
	return inner.Args[0], p.Elem()
}

// own reports whether a type is declared in the program's own module.
func (c *caster) own(named *types.Named) bool {
	pkg := named.Obj().Pkg()
	return pkg != nil && slices.Contains(c.target.Packages, pkg.Path())
}

// structType returns the number of a type in the plan.
func (c *caster) structType(named *types.Named) int {
	object := named.Origin().Obj()
	for i, s := range c.plan.structs {
		if s.object == object {
			return i
		}
	}
	s := &structType{name: types.TypeString(named, func(p *types.Package) string { return p.Name() }), object: object}
	for _, p := range c.pkgs {
		if object.Pkg() == p.Types {
			posn := p.Fset.Position(object.Pos())
			s.file, s.line = posn.Filename, posn.Line
		}
	}
	if s.file == "" || !c.target.Owns(s.file) {
		s.reason = fmt.Sprintf("%s is declared in another module, which hotvet cannot change", s.name)
	}
	c.plan.structs = append(c.plan.structs, s)
	return len(c.plan.structs) - 1
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

func firstResult(t types.Type) types.Type {
	if tuple, ok := t.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return nil
		}
		return tuple.At(0).Type()
	}
	return t
}

// structIn returns the named struct in t: t itself, what it points to, or the
// element of arrays and slices.
func structIn(t types.Type) *types.Named {
	for range 5 {
		if t == nil {
			return nil
		}
		t = types.Unalias(t)
		switch u := t.Underlying().(type) {
		case *types.Struct:
			named, _ := t.(*types.Named)
			return named
		case *types.Pointer:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		default:
			return nil
		}
	}
	return nil
}

func sameStruct(a, b *types.Named) bool {
	return a != nil && b != nil && a.Origin().Obj() == b.Origin().Obj()
}

func sliceHeader(t types.Type) bool {
	p, ok := types.Unalias(t).Underlying().(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "reflect" && named.Obj().Name() == "SliceHeader"
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

// finish orders the texts of each file: of two that begin at one place, the one
// around the longer expression comes first.
func (plan *castPlan) finish() {
	for file, list := range plan.spans {
		slices.SortStableFunc(list, func(a, b wrapped) int {
			switch {
			case a.from != b.from:
				return a.from.Line*100000 + a.from.Column - b.from.Line*100000 - b.from.Column
			case strings.HasSuffix(a.text, "; ") != strings.HasSuffix(b.text, "; "):
				return map[bool]int{true: -1, false: 1}[strings.HasSuffix(a.text, "; ")]
			}
			return b.to.Line*100000 + b.to.Column - a.to.Line*100000 - a.to.Column
		})
		for _, s := range list {
			plan.texts[file] = append(plan.texts[file], build.Text{Line: s.from.Line, Column: s.from.Column, Text: s.text})
			if s.behind != "" {
				plan.texts[file] = append(plan.texts[file], build.Text{Line: s.to.Line, Column: s.to.Column, Text: s.behind, Closes: true})
			}
		}
	}
}
