package structcast

import (
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// A laidMirror is told once, however often the package lays it.
type laidMirror struct {
	at, value ast.Expr // the first cast, and what it is laid over
	private   types.Type
	again     []ast.Expr // further casts of the same kind
}

// A mirrorKey is a mirror, whose layout it repeats, and whether it is read or
// made into the private value.
type mirrorKey struct {
	repeats types.Type
	private string
	made    bool
}

// maxAgain bounds the related ends of one finding.
const maxAgain = 3

// mirror notes a cast between a value whose layout is private to the runtime,
// to the standard library or to another module, and a struct that repeats it.
func (c *checker) mirror(cs *cast) bool {
	if c.inTest(cs.conv) || cs.typeParam != nil || c.inStd() { // the toolchain knows its own layouts
		return false
	}
	at, owner := c.mirrored(cs.operand)
	if owner == nil {
		return false
	}
	repeats := mirrorStruct(cs.target)
	private := owner
	if repeats == nil {
		// The other way round: a private value made from a struct of the program.
		private, repeats = cs.target, mirrorStruct(owner)
	}
	if repeats == nil || !c.isPrivate(private) || !c.isOwn(repeats, private) || c.mirrorChecked(cs, repeats, private) {
		return false
	}
	k := mirrorKey{key(repeats), describe(private), private == cs.target}
	if m := c.mirrors[k]; m != nil {
		m.again = append(m.again, cs.conv)
		return true
	}
	m := &laidMirror{at: cs.conv, value: at, private: private}
	c.mirrors[k] = m
	c.inOrder = append(c.inOrder, m)
	return true
}

// tellMirrors reports each mirror where it is laid first.
func (c *checker) tellMirrors() {
	for _, m := range c.inOrder {
		related := []analysis.RelatedInformation{report.Related(m.value, "value of "+describe(m.private))}
		for _, e := range m.again[:min(len(m.again), maxAgain)] {
			related = append(related, report.Related(e, "laid here as well"))
		}
		c.report.Report(report.Finding{Node: m.at, Kind: "mirror", Message: messages["mirror"], Related: related})
	}
}

// describe says whose layout a type has.
func describe(t types.Type) string {
	switch t.Underlying().(type) {
	case *types.Interface:
		return "an interface, laid out by the runtime"
	case *types.Map:
		return "a map, laid out by the runtime"
	case *types.Chan:
		return "a channel, laid out by the runtime"
	case *types.Signature:
		return "a func, laid out by the runtime"
	}
	return "type " + types.TypeString(t, nil)
}

// mirrored returns the value whose memory the operand of a cast points to, and
// its type.
func (c *checker) mirrored(operand ast.Expr) (ast.Expr, types.Type) {
	if at, t := c.pointed(operand); t != nil {
		return at, t
	}
	// unsafe.Pointer(reflect.ValueOf(x).Pointer()): where x itself points to.
	call, ok := ast.Unparen(operand).(*ast.CallExpr)
	if !ok {
		return nil, nil
	}
	if len(call.Args) == 1 {
		if call, ok = ast.Unparen(call.Args[0]).(*ast.CallExpr); !ok {
			return nil, nil
		}
	}
	fn := calleeOf(c.pass.TypesInfo, call)
	if fn == nil || fn.FullName() != "(reflect.Value).Pointer" && fn.FullName() != "(reflect.Value).UnsafePointer" {
		return nil, nil
	}
	of, ok := ast.Unparen(call.Fun.(*ast.SelectorExpr).X).(*ast.CallExpr)
	if !ok || len(of.Args) != 1 {
		return nil, nil
	}
	if fn := calleeOf(c.pass.TypesInfo, of); fn == nil || fn.FullName() != "reflect.ValueOf" {
		return nil, nil
	}
	t := c.pass.TypesInfo.TypeOf(of.Args[0])
	switch t.Underlying().(type) {
	case *types.Map, *types.Chan:
		return of.Args[0], t
	case *types.Interface:
		if types.TypeString(t, nil) == "reflect.Type" {
			return of.Args[0], t
		}
	}
	return nil, nil
}

// mirrorStruct returns the struct that repeats a layout: the target itself or,
// for values that are pointers inside (maps, channels, funcs), what it points to.
func mirrorStruct(t types.Type) types.Type {
	for range 2 {
		u := types.Unalias(t).Underlying()
		if p, ok := u.(*types.Pointer); ok {
			t = p.Elem()
			continue
		}
		if st, ok := u.(*types.Struct); ok && st.NumFields() > 0 {
			return t
		}
		return nil
	}
	return nil
}

// isPrivate reports whether only the owner of t knows its layout.
func (c *checker) isPrivate(t types.Type) bool {
	t = types.Unalias(t)
	if _, ok := t.(*types.TypeParam); ok {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Interface, *types.Map, *types.Chan, *types.Signature:
		return true
	case *types.Struct:
		named, ok := t.(*types.Named)
		if !ok || named.Obj().Pkg() == nil || c.sameModule(named.Obj().Pkg()) || isForeign(c.pass.Pkg, t) {
			return false
		}
		for f := range u.Fields() {
			if !f.Exported() && f.Name() != "_" && f.Pkg() == named.Obj().Pkg() {
				return true
			}
		}
	}
	return false
}

// isOwn reports whether t is a struct of the program that is not the private
// type itself.
func (c *checker) isOwn(t, private types.Type) bool {
	if types.Identical(t.Underlying(), private.Underlying()) || isForeign(c.pass.Pkg, t) {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return !ok || named.Obj().Pkg() != nil && c.sameModule(named.Obj().Pkg())
}

// sameModule reports whether pkg is updated together with the package.
func (c *checker) sameModule(pkg *types.Package) bool {
	if pkg == c.pass.Pkg {
		return true
	}
	if m := c.pass.Module; m != nil && m.Path != "" {
		return pkg.Path() == m.Path || strings.HasPrefix(pkg.Path(), m.Path+"/")
	}
	return moduleGuess(pkg.Path()) == moduleGuess(c.pass.Pkg.Path())
}

// moduleGuess returns the part of an import path that is most likely its
// module's, for drivers that do not tell.
func moduleGuess(path string) string {
	parts := strings.Split(path, "/")
	if !strings.Contains(parts[0], ".") {
		return parts[0]
	}
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// mirrorChecked reports whether the layout is compared to the owner's, or the
// file is built only with toolchains that its author has seen. A size that is
// fixed to a constant is no check: the owner's may change all the same.
func (c *checker) mirrorChecked(cs *cast, repeats, private types.Type) bool {
	g := c.guardsOf()
	if g.exact(repeats) && g.exact(private) || g.offsets[key(repeats)] || g.toolchain {
		return true
	}
	for _, f := range c.pass.Files {
		if f.FileStart <= cs.conv.Pos() && cs.conv.Pos() < f.FileEnd {
			return boundedToolchain(f)
		}
	}
	return false
}

// boundedToolchain reports whether a build constraint leaves out later releases
// of Go.
func boundedToolchain(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, line := range group.List {
			if !constraint.IsGoBuild(line.Text) {
				continue
			}
			if expr, err := constraint.Parse(line.Text); err == nil && (bounded(expr, true) || bounded(expr, false)) {
				return true
			}
		}
	}
	return false
}

// bounded reports whether expr holds for this release and not for a far later
// one, all other tags being set or not.
func bounded(expr constraint.Expr, others bool) bool {
	holds := func(all bool) bool {
		return expr.Eval(func(tag string) bool {
			if strings.HasPrefix(tag, "go1.") {
				return all || slices.Contains(build.Default.ReleaseTags, tag)
			}
			return others
		})
	}
	return holds(false) && !holds(true)
}

func calleeOf(info *types.Info, call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// calledIdent returns the name in a call of a function, as Instances has it.
func calledIdent(call *ast.CallExpr) *ast.Ident {
	fun := ast.Unparen(call.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return f
	case *ast.SelectorExpr:
		return f.Sel
	}
	return nil
}
