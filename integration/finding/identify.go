package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strings"
)

// Sort orders findings by file, line, column, category and message.
func Sort(list []*Finding) {
	slices.SortStableFunc(list, func(a, b *Finding) int {
		return cmp.Or(
			strings.Compare(a.Posn.File, b.Posn.File),
			cmp.Compare(a.Posn.Line, b.Posn.Line),
			cmp.Compare(a.Posn.Column, b.Posn.Column),
			strings.Compare(a.Category, b.Category),
			strings.Compare(a.Message, b.Message),
			strings.Compare(a.Package, b.Package))
	})
}

// Identify sorts the findings and sets their ids. An id is a hash of what the
// finding is about, not of where it stands: category, message, package, the
// declaration around it (the base name of the file, outside of one), the tokens
// of the source it points at, and a number among equals. So it stays the same
// when code moves within its file or lines are added above.
//
// read returns the text of a file named by a Position; a file that cannot be
// read or parsed contributes its base name only.
func Identify(list []*Finding, read func(file string) ([]byte, error)) {
	Sort(list)
	files := make(map[string]*source)
	equals := make(map[string]int)
	for _, f := range list {
		src, ok := files[f.Posn.File]
		if !ok {
			src = load(f.Posn.File, read)
			files[f.Posn.File] = src
		}
		key := strings.Join([]string{f.Category, f.Package, src.enclosing(f.Posn), src.tokens(f.Posn, f.End), f.Message}, "\x00")
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, equals[key]))
		equals[key]++
		f.ID = hex.EncodeToString(sum[:8])
	}
}

// A source is a file that findings point into.
type source struct {
	name string
	text []byte
	fset *token.FileSet
	file *ast.File // nil: does not parse
}

func load(name string, read func(string) ([]byte, error)) *source {
	s := &source{name: name, fset: token.NewFileSet()}
	text, err := read(name)
	if err != nil {
		return s
	}
	s.text = text
	if f, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution); err == nil {
		s.file = f
	}
	return s
}

// offset returns where in the text p is, limited to the text.
func (s *source) offset(p Position) int {
	if s.file == nil || p.Line < 1 {
		return 0
	}
	tf := s.fset.File(s.file.FileStart)
	if p.Line > tf.LineCount() {
		return tf.Size()
	}
	return min(tf.Offset(tf.LineStart(p.Line))+max(p.Column-1, 0), tf.Size())
}

// enclosing names the declaration around p: a function with its receiver, or
// the first name of a type, variable or constant declaration.
func (s *source) enclosing(p Position) string {
	base := path.Base(strings.ReplaceAll(s.name, `\`, "/"))
	if s.file == nil {
		return base
	}
	pos := s.fset.File(s.file.FileStart).Pos(s.offset(p))
	for _, decl := range s.file.Decls {
		if pos < decl.Pos() || decl.End() < pos {
			continue
		}
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			return "func " + receiver(decl) + decl.Name.Name
		case *ast.GenDecl:
			if name := specName(decl, pos); name != "" {
				return decl.Tok.String() + " " + name
			}
		}
	}
	return base
}

// receiver returns "T." for a method of T or *T.
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return ""
	}
	t := decl.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}

func specName(decl *ast.GenDecl, pos token.Pos) string {
	for _, spec := range decl.Specs {
		if pos < spec.Pos() || spec.End() < pos {
			continue
		}
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			return spec.Name.Name
		case *ast.ValueSpec:
			return spec.Names[0].Name
		}
	}
	return ""
}

// tokens returns the source between two positions, one space between tokens and
// without comments, so that formatting does not change an id.
func (s *source) tokens(from, to Position) string {
	start, end := s.offset(from), s.offset(to)
	if s.file == nil || end <= start {
		return ""
	}
	text := s.text[start:end]
	var (
		sc   scanner.Scanner
		b    strings.Builder
		fset = token.NewFileSet()
	)
	sc.Init(fset.AddFile("", -1, len(text)), text, func(token.Position, string) {}, 0)
	for {
		_, tok, lit := sc.Scan()
		switch {
		case tok == token.EOF:
			return b.String()
		case tok == token.SEMICOLON: // may be automatic, which depends on lines
			continue
		case lit == "":
			lit = tok.String()
		}
		b.WriteString(lit)
		b.WriteByte(' ')
	}
}
