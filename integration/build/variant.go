package build

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The functions of this file make a new version of a program: the old one and one
// change. They work on the content of a file, moving none of its lines, so that
// they can be applied before or after [Insert].

// insertedFunction is longer than what the linker aligns functions to, so that it
// moves those behind it. It defers, so that it is not inlined
// (cmd/compile/internal/inline), and is called while the package is initialised,
// so that the linker keeps it.
const insertedFunction = "; func hotvetInserted() (n int) { defer func() { n++ }(); for i := 0; i < 8; i++ { n += i ^ n<<1 }; return n }; var _ = hotvetInserted()"

// InsertFunction returns src, the content of the Go file name, with a function
// before its first own declaration, which moves the code behind it.
func InsertFunction(name string, src []byte) ([]byte, error) {
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	end := p.ast.Name.End()
	for _, d := range p.ast.Decls { // imports stand before all else
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			end = g.End()
		}
	}
	at := p.file.Offset(end)
	return changed(src, []change{{at, at, insertedFunction}}), nil
}

// InsertFunction returns the overlay that gives the target's main package another
// function, before all that the package has.
func (t *Target) InsertFunction() (map[string][]byte, error) {
	if len(t.Files) == 0 {
		return nil, fmt.Errorf("%s has no Go files", t.ImportPath)
	}
	// The compiler takes the files of a package in the order of their names.
	file := slices.MinFunc(t.Files, func(a, b string) int {
		return strings.Compare(filepath.Base(a), filepath.Base(b))
	})
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	src, err = InsertFunction(file, src)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{file: src}, nil
}

// insertedField is blank: it collides with no name, is encoded by neither JSON nor
// gob, but takes its room in memory and in what encoding/binary writes.
const insertedField = " _ uint64; "

// InsertField returns src, the content of the Go file name, with a field of eight
// bytes before all others of the struct type typeName. A type declared on another
// line than line is not meant, if line is not 0.
//
// The program no longer builds if it has a composite literal of the type without
// keys, converts it to another type of the same fields or asserts its size. The
// build then fails with an [Error].
func InsertField(name string, src []byte, typeName string, line int) ([]byte, error) {
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	var found []*ast.TypeSpec
	ast.Inspect(p.ast, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if ok && t.Name.Name == typeName && (line == 0 || p.file.Line(t.Pos()) == line) {
			found = append(found, t)
		}
		return true
	})
	switch {
	case len(found) == 0 && line != 0:
		return nil, fmt.Errorf("%s:%d declares no type %s", name, line, typeName)
	case len(found) == 0:
		return nil, fmt.Errorf("%s declares no type %s", name, typeName)
	case len(found) > 1:
		return nil, fmt.Errorf("%s declares type %s on lines %d and %d", name, typeName, p.file.Line(found[0].Pos()), p.file.Line(found[1].Pos()))
	}
	s, ok := ast.Unparen(found[0].Type).(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("%s:%d: %s is not declared as a struct", name, p.file.Line(found[0].Pos()), typeName)
	}
	at := p.file.Offset(s.Fields.Opening) + 1
	return changed(src, []change{{at, at, insertedField}}), nil
}

// ChangeConstant returns src, the content of the Go file name, in which the
// constant or variable constant of the package has the value of the Go expression
// value.
func ChangeConstant(name string, src []byte, constant, value string) ([]byte, error) {
	if _, err := parser.ParseExpr(value); err != nil || strings.Contains(value, "\n") {
		return nil, fmt.Errorf("%q is not an expression on one line", value)
	}
	p, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	for _, d := range p.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			i := slices.IndexFunc(v.Names, func(id *ast.Ident) bool { return id.Name == constant })
			if i < 0 {
				continue
			}
			if len(v.Values) != len(v.Names) {
				return nil, fmt.Errorf("%s:%d: %s has no value of its own", name, p.file.Line(v.Pos()), constant)
			}
			from, to := p.file.Offset(v.Values[i].Pos()), p.file.Offset(v.Values[i].End())
			// Line ends that the old value had stand before the new one, where no
			// semicolon is put in their place.
			ends := strings.Repeat("\n", bytes.Count(src[from:to], []byte("\n")))
			return changed(src, []change{{from, to, ends + value}}), nil
		}
	}
	return nil, fmt.Errorf("%s declares no constant or variable %s", name, constant)
}

// Merge returns the overlay that has the files of all. It fails when two have the
// same file with different contents: one change would be lost.
func Merge(overlays ...map[string][]byte) (map[string][]byte, error) {
	merged := make(map[string][]byte)
	for _, o := range overlays {
		for _, file := range slices.Sorted(maps.Keys(o)) {
			if old, ok := merged[file]; ok && !bytes.Equal(old, o[file]) {
				return nil, fmt.Errorf("two overlays change %s", file)
			}
			merged[file] = o[file]
		}
	}
	return merged, nil
}

// A change puts text in the place of a piece of a source, given by offsets.
type change struct {
	from, to int
	text     string
}

// changed returns src with changes, which are in order.
func changed(src []byte, changes []change) []byte {
	var out []byte
	last := 0
	for _, c := range changes {
		out = append(out, src[last:c.from]...)
		out = append(out, c.text...)
		last = c.to
	}
	return append(out, src[last:]...)
}
