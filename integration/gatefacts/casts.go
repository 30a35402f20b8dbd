package gatefacts

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotvet/hotvet/integration/finding"
)

// castTypes names, as DWARF does, the structs that are cast at a finding; none when
// what is cast, and what to, is made of predeclared types alone, whose layout nobody
// can change. It reads
// the package of the finding without its imports: what a cast names is declared
// there, or is a qualified name.
func (read sources) castTypes(dir string, f *finding.Finding) ([]string, error) {
	name := filepath.FromSlash(f.Posn.File)
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	s, err := read.source(name, f.Package)
	if err != nil {
		return nil, fmt.Errorf("cannot read the source at %s (use -C for its folder): %w", place(f), err)
	}
	s.local, s.plain = nil, false
	spans := [][2]spot{{spotOf(f.Posn), spotOf(f.End)}}
	for _, r := range f.Related {
		if r.Posn.File == f.Posn.File {
			spans = append(spans, [2]spot{spotOf(r.Posn), spotOf(r.Posn)})
		}
	}
	// What stands at the finding decides; its other ends only where nothing does.
	plain := len(spans) == 1+len(f.Related) // all ends are in this file
	for i, span := range spans {
		list := s.structs(span[0], span[1])
		if len(list) > 0 {
			return list, s.local
		}
		if i == 0 && s.local != nil {
			return nil, s.local
		}
		plain = plain && (i > 0 || s.plain)
	}
	if plain {
		return nil, nil
	}
	return nil, errors.New("no cast to a struct stands there")
}

// source is one package, checked alone.
type source struct {
	fset  *token.FileSet
	file  *ast.File // that of the finding
	info  *types.Info
	path  string
	local error // a type that DWARF has no stable name for
	plain bool  // a cast between predeclared types was met
}

// sources are the files that were read, by name and package.
type sources map[[2]string]func() (*source, error)

func (read sources) source(name, path string) (*source, error) {
	key := [2]string{name, path}
	if read[key] == nil {
		read[key] = sync.OnceValues(func() (*source, error) { return readSource(name, path) })
	}
	return read[key]()
}

func readSource(name, path string) (*source, error) {
	s := &source{fset: token.NewFileSet(), path: path, info: &types.Info{Types: make(map[ast.Expr]types.TypeAndValue)}}
	file, err := parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	s.file = file
	files := []*ast.File{file}
	folder := filepath.Dir(name)
	others, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if match, err := build.Default.MatchFile(folder, filepath.Base(other)); err != nil || !match || filepath.Base(other) == filepath.Base(name) {
			continue
		}
		g, err := parser.ParseFile(s.fset, other, nil, parser.SkipObjectResolution)
		if err == nil && g.Name.Name == file.Name.Name && strings.HasSuffix(other, "_test.go") == strings.HasSuffix(name, "_test.go") {
			files = append(files, g)
		}
	}
	if file.Name.Name == "main" {
		s.path = "main"
	}
	config := types.Config{Importer: nothing{}, Error: func(error) {}, FakeImportC: true}
	_, _ = config.Check(s.path, s.fset, files, s.info) // incomplete on purpose
	return s, nil
}

// nothing imports nothing.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return nil, errors.New("not imported")
}

// structs lists the structs of the casts between two places.
func (s *source) structs(from, to spot) []string {
	var list []string
	add := func(typ string) {
		if typ != "" && !slices.Contains(list, typ) {
			list = append(list, typ)
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		begin, end := s.spot(call.Pos()), s.spot(call.End())
		if from == to && begin == from {
			to = end // a span that is one place is the call there
		}
		if begin.before(from) || to.before(end) {
			return true
		}
		fun := ast.Unparen(call.Fun)
		if sel, ok := fun.(*ast.SelectorExpr); ok && isUnsafe(sel, "Pointer") {
			add(s.pointee(call.Args[0]))
			return true
		}
		if s.pointer(call.Args[0]) {
			add(s.target(fun))
			s.plain = s.plain || predeclared(s.info.TypeOf(fun)) && s.plainAddress(call.Args[0])
		}
		return true
	})
	return list
}

// plainAddress reports whether e is unsafe.Pointer of a pointer to something plain.
func (s *source) plainAddress(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	p, isPointer := types.Unalias(s.info.TypeOf(call.Args[0])).(*types.Pointer)
	return ok && isUnsafe(sel, "Pointer") && isPointer && predeclared(p)
}

// predeclared reports whether a type is made of those of the language alone.
func predeclared(t types.Type) bool {
	for {
		switch u := types.Unalias(t).(type) {
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Basic:
			return u.Kind() != types.Invalid && u.Kind() != types.UnsafePointer
		default:
			return false
		}
	}
}

// A spot is a place in the file of the finding.
type spot struct{ line, column int }

func (a spot) before(b spot) bool {
	return a.line < b.line || a.line == b.line && a.column < b.column
}

func spotOf(p finding.Position) spot { return spot{p.Line, p.Column} }

func (s *source) spot(pos token.Pos) spot {
	p := s.fset.Position(pos)
	return spot{p.Line, p.Column}
}

func isUnsafe(sel *ast.SelectorExpr, name string) bool {
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "unsafe" && sel.Sel.Name == name
}

// pointer reports whether an operand is an unsafe.Pointer.
func (s *source) pointer(e ast.Expr) bool {
	if b, ok := types.Unalias(s.info.TypeOf(e)).(*types.Basic); ok && b.Kind() == types.UnsafePointer {
		return true
	}
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && (isUnsafe(sel, "Pointer") || isUnsafe(sel, "Add"))
}

// target names the struct of *T, *[]T or *[N]T.
func (s *source) target(fun ast.Expr) string {
	star, ok := fun.(*ast.StarExpr)
	if !ok {
		return s.nameOf(s.info.TypeOf(fun), true)
	}
	e := ast.Expr(star.X)
	for {
		array, ok := e.(*ast.ArrayType)
		if !ok {
			break
		}
		e = array.Elt
	}
	if sel, ok := e.(*ast.SelectorExpr); ok {
		return s.qualified(sel)
	}
	return s.nameOf(s.info.TypeOf(e), false)
}

// pointee names the struct whose address is taken.
func (s *source) pointee(e ast.Expr) string { return s.nameOf(s.info.TypeOf(e), true) }

// qualified names a type of another package by the import that its name stands for.
func (s *source) qualified(sel *ast.SelectorExpr) string {
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range s.file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || path == "C" {
			continue
		}
		name := baseName(path)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == x.Name {
			return path + "." + sel.Sel.Name
		}
	}
	s.local = fmt.Errorf("no import is called %s", x.Name)
	return ""
}

// baseName guesses the name of a package: the last element of its path that is not
// a major version.
func baseName(path string) string {
	for {
		at := strings.LastIndexByte(path, '/')
		last := path[at+1:]
		if _, err := strconv.Atoi(strings.TrimPrefix(last, "v")); err == nil && at > 0 {
			path = path[:at]
			continue
		}
		name, _, _ := strings.Cut(last, ".v")
		return name
	}
}

// nameOf names a struct, that of a slice or array of them, or, with pointers, that
// behind a pointer. Other types have no layout to compare.
func (s *source) nameOf(t types.Type, pointers bool) string {
	for t != nil {
		switch u := types.Unalias(t).(type) {
		case *types.Pointer:
			if !pointers {
				return ""
			}
			t, pointers = u.Elem(), false
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Named:
			return s.named(u)
		case *types.Struct:
			s.local = errors.New("the struct has no name")
			return ""
		case *types.TypeParam:
			s.local = fmt.Errorf("the type is the parameter %s of a generic function", u)
			return ""
		default:
			return ""
		}
	}
	return ""
}

func (s *source) named(u *types.Named) string {
	obj := u.Obj()
	if _, ok := u.Underlying().(*types.Struct); !ok {
		return s.nameOf(u.Underlying(), false)
	}
	if obj.Pkg() == nil {
		return ""
	}
	if obj.Parent() != obj.Pkg().Scope() {
		s.local = fmt.Errorf("type %s is declared inside a function", obj.Name())
		return ""
	}
	return types.TypeString(u, func(p *types.Package) string { return p.Path() })
}
