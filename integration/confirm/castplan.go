package confirm

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"go/types"
	"slices"
	"strings"

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
		if !ok || k+1 >= len(at.path) || !slices.Contains(build.Statements(at.path[k+1]), stmt) {
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
