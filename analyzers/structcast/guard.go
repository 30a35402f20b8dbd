package structcast

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/hotvet/hotvet/analyzers/internal/origin"
)

// guards are the checks of a package that tie bytes or layouts to a version.
//
// Method: one walk over the syntax collects comparisons. What a comparison
// protects is decided by type (a field of the struct, or of a struct that is laid
// over the same bytes) and by value (the bytes themselves, as the walk back from
// the cast met them), not by the order of statements.
type guards struct {
	c *checker
	// lower and upper hold the structs whose size is bounded at compile time;
	// both bounds together, or an exact check, fix it.
	lower, upper, fixed map[types.Type]bool
	measured            map[types.Object]bool // variables whose length is looked at
	compares            []compare
	offsets             map[types.Type]bool         // structs with an offset that is compared to what reflect says
	family              bool                        // a struct that is cast has a version: the package has a format
	toolchain           bool                        // the version of Go is checked
	consts              map[types.Object]ast.Expr   // declared constants
	magic               map[types.Type]bool         // structs with a field that is compared to a version
	validated           map[types.Object]bool       // handles and variables whose bytes are so checked
	traces              map[ast.Expr]*origin.Result // of compared expressions
	enums               map[*types.Named]bool       // named types, whether they have several constants
	producers           map[ast.Node]bool           // calls whose bytes are so checked
}

// A compare is a comparison that decides whether to go on.
type compare struct {
	x, y ast.Expr
	exit bool // leaves the function or loop when x and y differ
}

func (c *checker) guardsOf() *guards {
	if c.guards != nil {
		return c.guards
	}
	g := &guards{
		c:         c,
		lower:     make(map[types.Type]bool),
		upper:     make(map[types.Type]bool),
		fixed:     make(map[types.Type]bool),
		offsets:   make(map[types.Type]bool),
		consts:    make(map[types.Object]ast.Expr),
		magic:     make(map[types.Type]bool),
		validated: make(map[types.Object]bool),
		producers: make(map[ast.Node]bool),
		enums:     make(map[*types.Named]bool),
		traces:    make(map[ast.Expr]*origin.Result),
	}
	c.guards = g
	for _, f := range c.pass.Files {
		ast.Inspect(f, g.constants)
	}
	for _, f := range c.pass.Files {
		ast.Inspect(f, g.visit)
	}
	for _, cmp := range g.compares {
		g.fieldCheck(cmp.x, cmp.y, cmp.exit)
		g.fieldCheck(cmp.y, cmp.x, cmp.exit)
		g.mirrorCheck(cmp.x, cmp.y)
		g.mirrorCheck(cmp.y, cmp.x)
	}
	g.spread()
	return g
}

// spread carries a version check of one struct to everything that is read from
// the same place: the records behind a checked header.
func (g *guards) spread() {
	for _, cast := range g.c.casts {
		if cast.elem == nil || !g.magic[key(cast.elem)] {
			continue
		}
		g.family = true
		if res := g.c.traceCast(cast); res != nil {
			g.validate(res)
		}
	}
	for _, v := range g.c.views {
		if !g.magic[key(v.elem)] {
			continue
		}
		for _, f := range g.c.origins().Fills {
			if res := g.c.origins().Trace(f.Buffer); !f.Write && res.Reached(v.conv) {
				g.validate(g.c.origins().TraceFill(f))
			}
		}
	}
}

func (g *guards) validate(res *origin.Result) {
	for _, s := range res.Sources {
		if s.Kind.Outside() {
			g.producers[s.Node] = true
			if s.Handle != nil {
				g.validated[s.Handle] = true
			}
		}
	}
}

// constants notes the expressions of declared constants.
func (g *guards) constants(n ast.Node) bool {
	if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
		for i, name := range spec.Names {
			if c, ok := g.c.pass.TypesInfo.Defs[name].(*types.Const); ok {
				g.consts[c] = spec.Values[i]
			}
		}
	}
	return true
}

func (g *guards) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		g.condition(n.Cond, leaves(n.Body))
	case *ast.ReturnStmt:
		for _, r := range n.Results {
			g.condition(r, true)
		}
	case *ast.AssignStmt:
		for i, r := range n.Rhs {
			g.condition(r, true)
			if id, ok := n.Lhs[min(i, len(n.Lhs)-1)].(*ast.Ident); ok && id.Name == "_" {
				g.assertion(r)
			}
		}
	case *ast.SwitchStmt:
		g.switchCases(n)
	case *ast.GenDecl:
		if n.Tok == token.CONST || n.Tok == token.VAR {
			g.declaration(n)
		}
	}
	return true
}

// condition splits a condition into its comparisons.
func (g *guards) condition(cond ast.Expr, exit bool) {
	switch e := ast.Unparen(cond).(type) {
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LOR, token.LAND:
			g.condition(e.X, exit)
			g.condition(e.Y, exit)
		case token.NEQ:
			g.compares = append(g.compares, compare{e.X, e.Y, exit})
			g.sizeCheck(e, exit)
		case token.EQL:
			g.compares = append(g.compares, compare{e.X, e.Y, false})
		}
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			g.condition(e.X, exit)
		}
	case *ast.CallExpr:
		if fn := g.c.origins().Callee(e); fn != nil && len(e.Args) == 2 {
			switch fn.FullName() {
			case "bytes.Equal", "bytes.HasPrefix", "strings.HasPrefix", "crypto/subtle.ConstantTimeCompare", "bytes.Compare":
				g.compares = append(g.compares, compare{e.Args[0], e.Args[1], exit})
			}
		}
	}
}

// switchCases treats switch x.Version { case 1: ... } as comparisons.
func (g *guards) switchCases(s *ast.SwitchStmt) {
	if s.Tag == nil {
		return
	}
	hasDefault := false
	for _, stmt := range s.Body.List {
		clause := stmt.(*ast.CaseClause)
		hasDefault = hasDefault || clause.List == nil && leaves(&ast.BlockStmt{List: clause.Body})
	}
	for _, stmt := range s.Body.List {
		for _, val := range stmt.(*ast.CaseClause).List {
			g.compares = append(g.compares, compare{s.Tag, val, hasDefault})
		}
	}
}

// leaves reports whether a block ends by leaving what is around it.
func leaves(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	switch s := b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		switch fun := ast.Unparen(call.Fun).(type) {
		case *ast.Ident:
			return fun.Name == "panic"
		case *ast.SelectorExpr: // os.Exit, log.Fatal, t.Fatalf, ...
			return exits[fun.Sel.Name]
		}
	}
	return false
}

var exits = map[string]bool{"Exit": true, "Fatal": true, "Fatalf": true, "Fatalln": true, "Panic": true, "Panicf": true, "Goexit": true}

// key is the type under which checks of a struct are kept.
func key(t types.Type) types.Type {
	t = types.Unalias(t)
	if named, ok := t.(*types.Named); ok {
		return named.Origin()
	}
	return t
}
