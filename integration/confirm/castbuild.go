package confirm

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/hotvet/hotvet/integration/build"
)

// insertedField is what a struct has more in the new build. It is blank: it
// collides with no other.
const insertedField = " _ uint64; "

// changed returns the texts of the new build: those of the old one and, for a struct
// of the plan, a field at its beginning. Literals of the struct without the names of
// fields get a value for it.
func (plan *castPlan) changed(structType int) map[string][]build.Text {
	texts := maps.Clone(plan.texts)
	if structType < 0 {
		return texts
	}
	add := func(p *packages.Package, pos token.Pos, text string) {
		posn := p.Fset.Position(pos)
		list := slices.Clone(texts[posn.Filename])
		texts[posn.Filename] = append([]build.Text{{Line: posn.Line, Column: posn.Column, Text: text}}, list...)
	}
	object := plan.structs[structType].object
	for _, p := range plan.pkgs {
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.TypeSpec:
					if s, ok := n.Type.(*ast.StructType); ok && p.TypesInfo.Defs[n.Name] == object {
						add(p, s.Fields.Opening+1, insertedField)
					}
				case *ast.CompositeLit:
					if len(n.Elts) > 0 && isLiteralOf(p, n, object) {
						add(p, n.Elts[0].Pos(), "0, ")
					}
				}
				return true
			})
		}
	}
	return texts
}

// isLiteralOf reports whether a literal is of a struct and does not name its fields.
func isLiteralOf(p *packages.Package, lit *ast.CompositeLit, object *types.TypeName) bool {
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); keyed {
		return false
	}
	t := p.TypesInfo.TypeOf(lit)
	if ptr, ok := t.Underlying().(*types.Pointer); ok { // &T is left out in a list of *T
		t = ptr.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	_, isStruct := named.Underlying().(*types.Struct)
	return isStruct && named.Origin().Obj() == object
}

// compilerPlace begins a message of the compiler. A file of an overlay is given by
// the name that [build.Builder] has it under: a number and its own.
var compilerPlace = regexp.MustCompile(`^(?:\S*/)?(?:\d+-)?([^/\s]+\.go):(\d+):\d+: (.*)`)

// compilerSays returns the first message of the compiler, and whether it is about a
// check of a layout: a declaration that depends on unsafe.Sizeof or Offsetof.
func (plan *castPlan) compilerSays(output string) (message string, guard bool) {
	for line := range strings.SplitSeq(output, "\n") {
		m := compilerPlace.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		number, _ := strconv.Atoi(m[2])
		message = fmt.Sprintf("%s:%s: %s", m[1], m[2], m[3])
		return message, plan.isCheck(m[1], number)
	}
	return strings.TrimSpace(output), false
}

// isCheck reports whether a line, of a file of this name, is in a declaration that
// depends on the layout of a struct.
func (plan *castPlan) isCheck(file string, line int) bool {
	for _, p := range plan.pkgs {
		for _, f := range p.Syntax {
			if filepath.Base(p.Fset.Position(f.Package).Filename) != file {
				continue
			}
			for _, d := range f.Decls {
				from, to := p.Fset.Position(d.Pos()).Line, p.Fset.Position(d.End()).Line
				if from > line || line > to {
					continue
				}
				if check := specAt(p, d, line); check != nil && plan.aboutLayout(p, check, 0) {
					return true
				}
			}
		}
	}
	return false
}

// specAt returns the constant or variable declaration on a line.
func specAt(p *packages.Package, d ast.Decl, line int) (spec ast.Node) {
	ast.Inspect(d, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if ok && p.Fset.Position(v.Pos()).Line <= line && line <= p.Fset.Position(v.End()).Line {
			spec = v
		}
		return spec == nil
	})
	return spec
}

// aboutLayout reports whether a node calls unsafe.Sizeof, Offsetof or Alignof, by
// itself or through the constants it names.
func (plan *castPlan) aboutLayout(p *packages.Package, n ast.Node, depth int) (yes bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || yes {
			return !yes
		}
		switch object := p.TypesInfo.Uses[id].(type) {
		case *types.Builtin:
			yes = object.Name() == "Sizeof" || object.Name() == "Offsetof" || object.Name() == "Alignof"
		case *types.Const:
			if q, spec := plan.declared(object); spec != nil && depth < 4 {
				yes = plan.aboutLayout(q, spec, depth+1)
			}
		}
		return !yes
	})
	return yes
}

// declared returns the declaration of a constant of the program.
func (plan *castPlan) declared(object *types.Const) (pkg *packages.Package, spec ast.Node) {
	for _, p := range plan.pkgs {
		if p.Types != object.Pkg() {
			continue
		}
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				v, ok := n.(*ast.ValueSpec)
				if ok && slices.ContainsFunc(v.Names, func(id *ast.Ident) bool { return p.TypesInfo.Defs[id] == object }) {
					pkg, spec = p, v
				}
				return spec == nil
			})
		}
	}
	return pkg, spec
}
